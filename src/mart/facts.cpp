#include "mart/facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "mart/rollups.h"
#include "mart/tables.h"
#include "mart/touched.h"
#include "metrics/path.h"

namespace traction {
namespace {

// So many keys are filled at once: what DuckDB holds of windows over millions of records does not fit its memory.
constexpr Id kKeysAtOnce = 3'000'000;

// What a merged column becomes of its value in the table (t) and among what was appended (s).
std::string merged(const FactDefinition& fact, const FactColumn& column) {
  const std::string name = quoted(column.name), table = quoted(fact.name);
  const std::string t = table + "." + name, s = "s." + name;
  if (column.merge == "min") return fmt::format("least({}, {})", t, s);
  if (column.merge == "max") return fmt::format("greatest({}, {})", t, s);
  if (column.merge == "first" || column.merge == "last") {
    const std::string tb = table + "." + quoted(column.by), sb = "s." + quoted(column.by);
    const char* before = column.merge == "first" ? "<" : ">";
    return fmt::format(
        "CASE WHEN {1} IS NULL THEN {2} WHEN {0} IS NULL OR {1} {4} {0} OR ({1} = {0} AND {3} {4} {2}) THEN {3} ELSE "
        "{2} END",
        tb, sb, t, s, before);
  }
  return fmt::format("coalesce({}, 0) + coalesce({}, 0)", t, s);
}

}  // namespace

// One run of update(): which sources have changed so far, in build order.
class Facts::Update {
 public:
  Update(const Facts& facts, Connection& connection, const Schema& schema, const Changes& changes)
      : facts_(facts), connection_(connection), changes_(changes) {
    const auto older = [](const std::string& type) {
      return fmt::format("IN (SELECT id FROM {} WHERE NOT is_new)", quoted("changed_" + type));
    };
    between_.moved = changes.moved;
    between_.has_old = [&changes](const std::string& type) {
      const auto found = changes.ids.find(type);
      return found != changes.ids.end() && found->second.front() <= changes.after;
    };
    between_.was = [older, &schema, after = changes.after](const std::string& type) {
      return live_records(schema.need(type),
                          fmt::format("r.id {0} AND r.seq_from <= {1} AND r.seq_to > {1}", older(type), after));
    };
    between_.now = [older](const std::string& type) {
      return fmt::format("SELECT * FROM {} WHERE id {}", quoted(type), older(type));
    };
  }

  void run() {
    for (const auto& [type, ids] : changes_.ids) stage_changes(type, ids);
    for (const FactDefinition& fact : facts_.definitions_) update(fact);
  }

 private:
  void stage_changes(const std::string& type, const std::vector<Id>& ids) {
    const std::string table = "changed_" + type;
    connection_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} (id BIGINT, is_new BOOLEAN)", quoted(table)));
    Appender appender(connection_, table, true);
    constexpr ColumnKind kinds[] = {ColumnKind::bigint, ColumnKind::boolean};
    for (std::size_t begin = 0; begin < ids.size(); begin += Chunk::kRows) {
      Chunk chunk(kinds);
      for (std::size_t i = begin; i < ids.size() && !chunk.full(); ++i) {
        chunk.set(0, ids[i]);
        chunk.set_boolean(1, ids[i] > changes_.after);
        chunk.end_row();
      }
      appender.append(chunk);
    }
    appender.close();
    between_.changed.insert(type);
  }

  void update(const FactDefinition& fact) {
    const bool appended = fact.merges() && has_new(fact.reads.front()) && stage_appended(fact);
    const std::string recomputed = stage_keys(fact);
    if (!appended && recomputed.empty()) return;
    note_change(fact, appended, !recomputed.empty());
    if (appended) merge(fact, !recomputed.empty());
    if (recomputed.empty()) return;
    std::string among = recomputed;
    for (std::size_t at = 0; (at = among.find('%', at)) != std::string::npos;) among.replace(at, 1, quoted(fact.key));
    before_change(connection_, fact, among);
    connection_.run(fmt::format("DELETE FROM {} WHERE {}", quoted(fact.name), among));
    connection_.run(fmt::format("INSERT INTO {} BY NAME {}", quoted(fact.name), fact.sql(recomputed, {}, recomputed)));
    after_change(connection_, fact, among);
  }

  // Puts what the appended records add into fresh_<fact>; false when that is nothing.
  bool stage_appended(const FactDefinition& fact) {
    const std::string fresh = quoted("fresh_" + fact.name);
    connection_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", fresh,
                                fact.sql({}, fmt::format("% > {}", changes_.after))));
    return connection_.number("SELECT count(*) FROM " + fresh) > 0;
  }

  // Puts the keys whose rows may differ into keys_<fact>, and gives the condition for '%' being one of them; "" when
  // there are none.
  std::string stage_keys(const FactDefinition& fact) {
    const std::string touched = touched_keys(fact, between_), keys = quoted("keys_" + fact.name);
    if (touched.empty()) return "";
    connection_.run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE {} AS SELECT DISTINCT key FROM ({}) WHERE key IS NOT NULL", keys, touched));
    if (can_merge(fact.column(fact.key)->references))  // merged ones have no rows, but are named by records
      connection_.run(
          fmt::format("INSERT INTO {0} SELECT id FROM alias WHERE root IN (FROM {0}) AND id NOT IN (FROM {0})", keys));
    const Result<Table> range = connection_.query("SELECT min(key), max(key) FROM " + keys);
    if (!range || !range->columns[0].whole(0)) return "";
    // The bounds let DuckDB pass over the parts of a large table in which no key lies; those of the keys themselves,
    // that it looks for keys already while it scans, which it does only where it takes them for a part of something.
    const std::string within =
        fmt::format("BETWEEN {} AND {}", *range->columns[0].whole(0), *range->columns[1].whole(0));
    return fmt::format("% IN (SELECT key FROM {0} WHERE key {1}) AND % {1}", keys, within);
  }

  bool has_new(const std::string& type) const {
    const auto found = changes_.ids.find(type);
    return found != changes_.ids.end() && found->second.back() > changes_.after;
  }

  // Keeps what later facts ask of this one: which keys change, and what their rows were.
  void note_change(const FactDefinition& fact, bool appended, bool recompute) {
    if (!appended && !recompute) return;
    const std::string changed = quoted("changed_" + fact.name);
    bool keys_wanted = false, rows_wanted = false;
    for (const FactDefinition& later : facts_.definitions_)
      if (const auto select = later.touched.find(fact.name); select != later.touched.end()) {
        keys_wanted = true;
        rows_wanted |= select->second.find("was_" + fact.name) != std::string::npos;
      }
    if (!keys_wanted) return;
    between_.changed.insert(fact.name);
    std::string keys;
    if (recompute) keys = "SELECT key FROM " + quoted("keys_" + fact.name);
    if (appended)
      keys += fmt::format("{}SELECT {} AS key FROM {}", recompute ? " UNION " : "", quoted(fact.key),
                          quoted("fresh_" + fact.name));
    connection_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", changed, keys));
    if (rows_wanted)
      connection_.run(
          fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT * FROM {} WHERE {} IN (SELECT key FROM {})",
                      quoted("was_" + fact.name), quoted(fact.name), quoted(fact.key), changed));
  }

  // What is recomputed anyway must not be merged into.
  void merge(const FactDefinition& fact, bool recompute) {
    const std::string table = quoted(fact.name), fresh = quoted("fresh_" + fact.name);
    std::string same, sets;
    for (const FactColumn& column : fact.columns) {
      const std::string name = quoted(column.name);
      if (column.merge.empty())
        same += fmt::format("{0}{1}.{2} = s.{2}", same.empty() ? "" : " AND ", table, name);
      else
        sets += fmt::format("{}{} = {}", sets.empty() ? "" : ", ", name, merged(fact, column));
    }
    const std::string kept =
        recompute ? fmt::format("s.{} NOT IN (SELECT key FROM {})", quoted(fact.key), quoted("keys_" + fact.name))
                  : "TRUE";
    connection_.run(fmt::format("UPDATE {} SET {} FROM {} s WHERE {} AND {}", table, sets, fresh, same, kept));
    connection_.run(
        fmt::format("INSERT INTO {} BY NAME SELECT * FROM {} s WHERE {} AND NOT EXISTS (SELECT 1 FROM {} WHERE {})",
                    table, fresh, kept, table, same));
  }

  const Facts& facts_;
  Connection& connection_;
  const Changes& changes_;
  Between between_;
};

void fill_rows(Connection& connection, const FactDefinition& fact, const std::string& table, Seq last,
               const std::string& among, std::int64_t keys) {
  const Id at_once = keys <= kKeysAtOnce ? last : kKeysAtOnce;
  for (Id after = 0; after < last; after += at_once) {
    // The first and the last part have no bound outwards: not every key is the id of a record (purchase).
    std::string part = among;
    const auto bound = [&](const char* sign, Id id) {
      part += fmt::format("{}% {} {}", part.empty() ? "" : " AND ", sign, id);
    };
    if (after > 0) bound(">", after);
    if (after + at_once < last) bound("<=", after + at_once);
    connection.run(fmt::format("INSERT INTO {} BY NAME {}", table, fact.sql(part)));
  }
}

Facts::Facts(std::vector<FactDefinition> definitions) : definitions_(std::move(definitions)) {}

void Facts::build(Connection& connection, Seq last) const {
  for (const FactDefinition& fact : definitions_) {
    connection.run(create_fact(fact) + create_rollups(fact));
    fill_rows(connection, fact, quoted(fact.name), last);
    fill_rollups(connection, fact);
  }
}

void Facts::update(Connection& connection, const Schema& schema, const Changes& changes) const {
  // Everything depends on the settings: the zone, the thresholds.
  if (changes.ids.contains("workspace")) return build(connection, changes.last);
  Update(*this, connection, schema, changes).run();
}

}  // namespace traction
