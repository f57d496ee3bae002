// Filled: the company whose numbers are asked for: a data directory with 50 members and three years of deals, moves
// between stages and activities, and the same as plain CSV files for the databases beside it. What happens is drawn
// from a fixed seed; it ends at the present. One thread.
#pragma once

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "app/bulk.h"
#include "app/directory.h"
#include "app/system.h"
#include "server/wrong.h"

namespace traction {

struct Amounts {
  std::int64_t members = 50, deals = 200'000, moves = 1'000'000, activities = 10'000'000;

  // The same members with a tenth of the work in the same time.
  Amounts tenth() const { return {members, deals / 10, moves / 10, activities / 10}; }
};

class Filled {
 public:
  static constexpr std::int64_t kDays = 1096;            // three years, one of them a leap year
  static constexpr const char* kZone = "Europe/Berlin";  // a day here is no day of UTC, as in most companies

  // Fills DIR/data and DIR/{members,stages,deals,moves,activities}.csv.
  Filled(const std::string& folder, Amounts amounts)
      : folder_(folder), amounts_(amounts), start_(clock_.now().micros - kDays * kDay) {
    SystemRandom random;
    const auto definitions = must(load_definitions(must(find_definitions())));
    const auto directory = must(Directory::open(folder + "/data", true, clock_, random));
    must(directory->create("default", definitions, {{"name", "Bench"}, {"zone", kZone}, {"currency", "EUR"}},
                           [&](Workspace& workspace) {
                             Bulk bulk(workspace.ledger(), definitions->schema, clock_, random);
                             fill(bulk);
                             bulk.finish();
                             return Result<void>{};
                           }));
  }

 private:
  struct Deal {
    Id id = 0, contact = 0, owner = 0, product = 0;
    std::int64_t amount = 0, created = 0, closed = 0;
    bool inbound = false, silent = false;  // silent: nobody ever calls or writes
    int moves = 0, planned = 0;
    std::size_t stage = 0;
  };
  static constexpr std::size_t kWon = 4, kLost = 5;

  Id write(Bulk& bulk, Verb verb, const char* type, Id target, json::object fields) {
    Action action;
    action.verb = verb;
    action.type = type;
    action.target = target;
    action.fields = std::move(fields);
    action.occurred_at = Instant{now_};
    return must(bulk.apply(std::move(action), 0));
  }
  Id create(Bulk& bulk, const char* type, json::object fields) {
    return write(bulk, Verb::create, type, 0, std::move(fields));
  }

  std::size_t below(std::size_t n) { return dice_() % n; }

  static std::string text(std::int64_t micros) {
    std::string text = to_string(Instant{micros});
    text[10] = ' ';
    text.replace(text.size() - 1, 1, "+00");
    return text;
  }

  void fill(Bulk& bulk) {
    now_ = start_;
    std::ofstream members(folder_ + "/members.csv"), stages(folder_ + "/stages.csv");
    moves_.open(folder_ + "/moves.csv");
    activities_.open(folder_ + "/activities.csv");
    const Id team = create(bulk, "team", {{"name", "Team"}});
    for (std::int64_t i = 0; i < amounts_.members; ++i) {
      members_.push_back(create(bulk, "member", {{"name", fmt::format("Member {:02}", i)}, {"team", team}}));
      members << fmt::format("{},Member {:02}\n", members_.back(), i);
    }
    const Id pipeline = create(bulk, "pipeline", {{"name", "Sales"}});
    constexpr std::array kStages = {"lead", "qualified", "open", "open", "won", "lost"};
    for (std::size_t i = 0; i < kStages.size(); ++i) {
      const auto position = static_cast<std::int64_t>(i * 10);
      stages_.push_back(create(bulk, "stage",
                               {{"name", fmt::format("{} {}", i, kStages[i])},
                                {"pipeline", pipeline},
                                {"kind", kStages[i]},
                                {"position", position}}));
      stages << fmt::format("{},{},{}\n", stages_.back(), kStages[i], position);
    }
    for (int i = 0; i < 7; ++i) products_.push_back(create(bulk, "product", {{"name", fmt::format("Product {}", i)}}));

    const std::int64_t steps = amounts_.deals + amounts_.moves + amounts_.activities;
    std::int64_t done = 0, moved = 0, owed = 0;
    const auto each = static_cast<double>(kDays * kDay) / static_cast<double>(steps);
    const std::int64_t touches = amounts_.activities / amounts_.deals, steps_on = amounts_.moves / amounts_.deals;
    const auto kept_open = static_cast<std::size_t>(amounts_.deals / 20);
    const auto tick = [&] { now_ = start_ + static_cast<std::int64_t>(each * static_cast<double>(++done)); };
    deals_.reserve(static_cast<std::size_t>(amounts_.deals));
    for (std::int64_t i = 0; i < amounts_.deals; ++i) {
      tick();
      begin_deal(bulk);
      owed += steps_on;
      for (std::int64_t touch = 0; touch < touches; ++touch) {
        tick();
        act(bulk);
        if (touch % (touches / steps_on) != 0) continue;
        tick();
        for (int most = 0; most < 3 && owed > 0 && open_.size() > kept_open; ++most, ++moved, --owed) move(bulk);
      }
    }
    for (; owed > 0 && moved < amounts_.moves && !open_.empty(); --owed, ++moved) move(bulk);
    write_deals();
  }

  void begin_deal(Bulk& bulk) {
    Deal deal;
    deal.created = now_;
    deal.owner = members_[below(members_.size())];
    deal.product = products_[below(products_.size())];
    // Amounts of e to the normal distribution, as amounts are, so that some lie beyond the fences.
    deal.amount = static_cast<std::int64_t>(std::exp(std::normal_distribution(9.0, 0.8)(dice_)) * 100);
    deal.inbound = below(2) == 0;
    deal.silent = below(20) == 0;
    deal.planned = below(25) == 0 ? 8 : 3 + static_cast<int>(below(5));
    deal.contact = create(bulk, "contact", {{"name", fmt::format("Contact {}", deals_.size())}});
    deal.id = create(bulk, "deal",
                     {{"name", fmt::format("Deal {}", deals_.size())},
                      {"stage", stages_[0]},
                      {"contact", deal.contact},
                      {"owner", deal.owner},
                      {"product", deal.product},
                      {"inbound", deal.inbound},
                      {"amount_minor", deal.amount}});
    moves_ << fmt::format("{},0,{},{}\n", deal.id, stages_[0], text(now_));
    open_.push_back(deals_.size());
    deals_.push_back(deal);
  }

  void move(Bulk& bulk) {
    const std::size_t place = below(open_.size());
    Deal& deal = deals_[open_[place]];
    ++deal.moves;
    json::object fields;
    if (deal.moves == deal.planned) {
      deal.stage = below(5) < 2 ? kWon : kLost;
      deal.closed = now_;
      if (deal.stage == kLost) fields["lost_reason"] = "price";
    } else {
      // To the last open stage, and from there back and forth.
      deal.stage = deal.moves <= 3 ? static_cast<std::size_t>(deal.moves) : deal.moves % 2 == 0 ? 2 : 3;
    }
    fields["stage"] = stages_[deal.stage];
    write(bulk, Verb::change, "deal", deal.id, std::move(fields));
    moves_ << fmt::format("{},{},{},{}\n", deal.id, deal.moves, stages_[deal.stage], text(now_));
    if (deal.closed == 0) return;
    bulk.forget(deal.id);
    bulk.forget(deal.contact);
    open_[place] = open_.back();
    open_.pop_back();
  }

  void act(Bulk& bulk) {
    constexpr std::array kKinds = {"call", "call", "call", "email", "email", "email", "message", "meeting"};
    constexpr std::array kCalls = {"connected", "connected", "no_answer", "voicemail"};
    const Deal& deal = deals_[open_[below(open_.size())]];
    const std::string kind = kKinds[below(kKinds.size())];
    const bool inbound = deal.silent || below(4) == 0;
    const Id owner = below(10) == 0 ? members_[below(members_.size())] : deal.owner;
    std::string outcome = kind == "meeting" ? (below(5) == 0 ? "no_show" : "held") : "sent";
    std::int64_t seconds = 0;
    json::object fields{{"kind", kind},
                        {"direction", inbound ? "inbound" : "outbound"},
                        {"owner", owner},
                        {"deal", deal.id},
                        {"contact", deal.contact}};
    if (kind == "call") {
      outcome = kCalls[below(kCalls.size())];
      seconds = static_cast<std::int64_t>(below(600));
      fields["duration_seconds"] = seconds;
    } else if (inbound && kind != "meeting") {
      outcome = "replied";
    }
    fields["outcome"] = outcome;
    const Id id = create(bulk, "activity", std::move(fields));
    activities_ << fmt::format("{},{},{},{},{},{},{},{}\n", id, kind, inbound ? "inbound" : "outbound", outcome, owner,
                               deal.id, text(now_), seconds);
  }

  void write_deals() const {
    std::ofstream file(folder_ + "/deals.csv");
    for (const Deal& deal : deals_)
      file << fmt::format("{},{},{},{},{},{},{},{},{}\n", deal.id, deal.owner, deal.product, deal.amount, deal.inbound,
                          stages_[deal.stage], text(deal.created), deal.closed ? text(deal.closed) : "",
                          deal.stage == kWon    ? "won"
                          : deal.stage == kLost ? "lost"
                                                : "");
  }

  const std::string folder_;
  const Amounts amounts_;
  SystemClock clock_;
  const std::int64_t start_;
  std::int64_t now_ = 0;
  std::mt19937_64 dice_{1};
  std::ofstream moves_, activities_;
  std::vector<Id> members_, stages_, products_;
  std::vector<Deal> deals_;
  std::vector<std::size_t> open_;  // places in deals_
};

// Fills a folder that was not filled before; in a child, so that what it holds in memory does not count.
inline void fill_apart(const std::string& folder, const Amounts& amounts) {
  if (std::filesystem::exists(folder + "/deals.csv")) return;
  std::filesystem::create_directories(folder);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    try {
      Filled(folder, amounts);
    } catch (const std::exception& failure) {
      fmt::print(stderr, "bench: {}\n", failure.what());
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (child < 0 || status != 0) wrong("the data could not be written");
  fmt::print("{} activities written in {:.0f} s\n", amounts.activities,
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  std::fflush(stdout);
}

}  // namespace traction
