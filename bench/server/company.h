// Company: the workspace that the server is measured on: a ledger of so many entries in a data directory, and what must
// be true of it when the server has ended. The bench opens the directory itself only while no server does. One thread.
#pragma once

#include <fmt/format.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "app/bulk.h"
#include "app/directory.h"
#include "app/system.h"
#include "ledger/chain.h"
#include "server/wrong.h"

namespace traction {

class Company {
 public:
  // Makes the directory with a workspace "default": a twentieth of the entries are deals, most are activities.
  Company(std::string folder, std::int64_t entries) : folder_(std::move(folder)) {
    must(open(true)->create("default", definitions_, {{"name", "Bench"}, {"zone", "UTC"}, {"currency", "EUR"}},
                            [&](Workspace& workspace) { return fill(workspace, entries); }));
  }

  const std::string& folder() const { return folder_; }
  const std::vector<Id>& deals() const { return deals_; }
  Id member() const { return members_.front(); }

  // Leaves the ids for wrk's scripts, a line each: "deal 12".
  void write_ids(const std::string& path) const {
    std::ofstream file(path);
    for (const Id id : members_) file << "member " << id << '\n';
    for (const Id id : deals_) file << "deal " << id << '\n';
  }

  Seq head() { return workspace(*open())->ledger().read()->head().seq; }

  // The chain, and that the mart counts what the ledger holds.
  void check() {
    const auto directory = open();
    const auto checked = workspace(*directory);
    must(verify(checked->ledger(), *checked->schema()));
    std::int64_t activities = 0;
    checked->ledger().read()->records(checked->schema()->need("activity").number, 0,
                                      [&](const StoredRecord&) { return ++activities, true; });
    const Table counted = must(checked->fresh_mart()->read()->query("SELECT count(*) FROM activity"));
    if (counted.columns[0].whole(0) != activities) wrong("the mart counts other activities than there are");
  }

 private:
  std::unique_ptr<Directory> open(bool create = false) {
    return must(Directory::open(folder_, create, clock_, random_));
  }
  std::unique_ptr<Workspace> workspace(Directory& directory) {
    return must(directory.workspace("default", definitions_));
  }

  Result<void> fill(Workspace& workspace, std::int64_t entries) {
    Bulk bulk(workspace.ledger(), definitions_->schema, clock_, random_);
    std::minstd_rand dice(1);
    const auto pick = [&](const std::vector<Id>& ids) { return ids[dice() % ids.size()]; };
    std::int64_t done = 1;  // the settings
    const auto add = [&](const char* type, json::object fields) {
      Action action;
      action.type = type;
      action.fields = std::move(fields);
      ++done;
      return must(bulk.apply(std::move(action), members_.empty() ? 0 : pick(members_)));
    };
    for (int i = 0; i < 50; ++i) members_.push_back(add("member", {{"name", fmt::format("Rep {}", i)}}));
    const Id pipeline = add("pipeline", {{"name", "Sales"}});
    std::vector<Id> stages, accounts, contacts;
    for (const char* kind : {"lead", "qualified", "open"})
      stages.push_back(
          add("stage", {{"pipeline", pipeline}, {"name", kind}, {"kind", kind}, {"position", stages.size()}}));
    for (std::int64_t i = 0; i < entries / 50; ++i)
      accounts.push_back(add("account", {{"name", fmt::format("Account {}", i)}, {"owner", pick(members_)}}));
    for (std::int64_t i = 0; i < entries / 20; ++i)
      contacts.push_back(add("contact", {{"name", fmt::format("Person {}", i)},
                                         {"email", fmt::format("person{}@example.com", i)},
                                         {"account", pick(accounts)}}));
    for (std::int64_t i = 0; i < entries / 20; ++i)
      deals_.push_back(add("deal", {{"name", fmt::format("Deal {}", i)},
                                    {"account", pick(accounts)},
                                    {"contact", pick(contacts)},
                                    {"owner", pick(members_)},
                                    {"stage", pick(stages)},
                                    {"amount_minor", 100'000 + i}}));
    while (done < entries)
      bulk.forget(
          add("activity", {{"kind", "call"},
                           {"direction", "outbound"},
                           {"outcome", "connected"},
                           {"owner", pick(members_)},
                           {"deal", pick(deals_)},
                           {"duration_seconds", static_cast<std::int64_t>(dice() % 900)},
                           {"note", "Spoke about the offer; wants to hear about delivery times before deciding."}}));
    bulk.finish();
    return {};
  }

  const std::string folder_;
  SystemClock clock_;
  SystemRandom random_;
  const std::shared_ptr<const Definitions> definitions_ = must(load_definitions(must(find_definitions())));
  std::vector<Id> members_, deals_;
};

}  // namespace traction
