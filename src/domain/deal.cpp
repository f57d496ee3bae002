#include <fmt/format.h>

#include "base/check.h"
#include "domain/rules.h"

namespace traction {
namespace {

// A time zone taken wrongly may put a move a little ahead; what lies further ahead has not happened.
constexpr std::int64_t kAheadMicros = kDay;

const json::string& text(const Record& record, std::string_view name) { return record.body.at(name).get_string(); }

// The side of the end a stage is on: "" on the way, else "won" or "lost". What follows a win stays won.
std::string_view outcome(std::string_view kind) {
  if (kind == "won" || kind == "after") return "won";
  return kind == "lost" ? "lost" : "";
}

const Record& stage_of(Batch& batch, const json::value& id) {
  const Record* stage = batch.find(batch.schema().need("stage"), id.get_int64());
  CHECK(stage != nullptr);
  return *stage;
}

// When the deal last moved, as far as is known: the stay in its present stage may have begun at a time nobody knows.
std::optional<Instant> last_known_move(Batch& batch, const Record& deal) {
  if (const json::value* since = deal.body.if_contains("stage_since")) return Instant{since->get_int64()};
  std::optional<Instant> last;
  for (const Entry& past : batch.history(deal))
    if (past.occurred_at && past.plain.find("\"stage\":") != std::string::npos) last = past.occurred_at;
  return last;
}

Result<void> check_time(Batch& batch, Change& change) {
  if (change.before) {
    const std::optional<Instant> last = last_known_move(batch, *change.before);
    // Without a date of its own a move cannot be early, even when the machine's clock was set back.
    if (last && !change.dated) change.occurred_at = std::max(*change.occurred_at, *last);
    if (last && change.occurred_at && *change.occurred_at < *last)
      return refuse(Code::rule, "occurred_at",
                    fmt::format("The deal came to its present stage at {}; a later move cannot be dated before that.",
                                to_string(*last)));
  }
  if (change.dated && change.occurred_at && change.occurred_at->micros > batch.now().micros + kAheadMicros)
    return refuse(Code::rule, "occurred_at",
                  fmt::format("{} has not come yet; a deal moves when it moves.", to_string(*change.occurred_at)));
  return {};
}

Result<void> move(Batch& batch, Change& change, const Record& stage) {
  const std::string_view kind = text(stage, "kind");
  const json::value* from = change.now("stage");
  const std::string_view old_kind = from ? std::string_view(text(stage_of(batch, *from), "kind")) : "";
  if (kind == "after" && outcome(old_kind) != "won")
    return refuse(Code::rule, "fields.stage",
                  fmt::format("\"{}\" follows a win: move the deal to a won stage first.",
                              std::string_view(text(stage, "name"))));
  if (const auto timely = check_time(batch, change); !timely) return timely;

  const json::value when = change.occurred_at ? json::value(change.occurred_at->micros) : json::value(nullptr);
  change.set("pipeline", stage.body.at("pipeline"));
  change.set("stage_since", when);
  if (outcome(kind).empty())
    change.set("closed_at", nullptr);
  else if (outcome(kind) != outcome(old_kind))
    change.set("closed_at", when);
  if (kind != "lost" && !change.fields.contains("lost_reason")) change.set("lost_reason", nullptr);
  return {};
}

}  // namespace

Result<void> deal_rules(Batch& batch, Change& change) {
  const bool moved = change.fields.contains("stage");
  if (!moved && !change.fields.contains("lost_reason")) return {};
  const Record& stage = stage_of(batch, *change.after("stage"));
  if (moved)
    if (const auto allowed = move(batch, change, stage); !allowed) return allowed;
  const bool lost = text(stage, "kind") == "lost";
  if (lost && !change.after("lost_reason"))
    return refuse(Code::rule, "fields.lost_reason",
                  "A lost deal needs a reason, so that it can be learned from; \"not_recorded\" if nobody knows.");
  if (!lost && change.after("lost_reason"))
    return refuse(Code::rule, "fields.lost_reason", "Only a lost deal has a reason for being lost.");
  return {};
}

}  // namespace traction
