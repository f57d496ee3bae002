#include "mart/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mart/rollups.h"
#include "mart/tables.h"
#include "mart/touched.h"
#include "metrics/path.h"

namespace traction {
namespace {

// So many keys are filled at once: what DuckDB holds of windows over millions of records does not fit its memory.
constexpr Id kKeysAtOnce = 3'000'000;

// What a merged column becomes of its value in the table (t) and among what was appended (s), either of which may be
// missing.
std::string merged(const FactColumn& column) {
  const std::string name = quoted(column.name), t = "t." + name, s = "s." + name;
  if (column.merge == "min") return fmt::format("least({}, {})", t, s);
  if (column.merge == "max") return fmt::format("greatest({}, {})", t, s);
  if (column.merge == "first" || column.merge == "last") {
    const std::string tb = "t." + quoted(column.by), sb = "s." + quoted(column.by);
    const char* before = column.merge == "first" ? "<" : ">";
    return fmt::format(
        "CASE WHEN {1} IS NULL THEN {2} WHEN {0} IS NULL OR {1} {4} {0} OR ({1} = {0} AND {3} {4} {2}) THEN {3} ELSE "
        "{2} END",
        tb, sb, t, s, before);
  }
  return fmt::format("coalesce({0} + {1}, {0}, {1})", t, s);
}

// The rows of `table` whose key is none of the table `keys`.
std::string others(const FactDefinition& fact, const std::string& table, const std::string& keys) {
  return fmt::format("(SELECT * FROM {} WHERE {} NOT IN (SELECT key FROM {}))", table, quoted(fact.key), keys);
}

}  // namespace

// One run of update(): which sources have changed so far, in build order.
class Facts::Update {
 public:
  Update(const Facts& facts, Connection& connection, const Schema& schema, const Changes& changes)
      : facts_(facts), connection_(connection), schema_(schema), changes_(changes) {
    between_.moved = changes.moved;
    between_.has_old = [&changes](const std::string& type) {
      const auto found = changes.ids.find(type);
      return found != changes.ids.end() && found->second.front() <= changes.after;
    };
    between_.was = [](const std::string& type) { return "FROM " + quoted("was_" + type); };
    between_.now = [](const std::string& type) { return "FROM " + quoted("now_" + type); };
  }

  void run() {
    for (const auto& [type, ids] : changes_.ids) stage_changes(type, ids);
    for (const FactDefinition& fact : facts_.definitions_) update(fact);
    std::string drops;  // what they hold would be missing from the memory of what comes next
    for (const std::string& table : staged_) drops += fmt::format("DROP TABLE temp.{};\n", table);
    connection_.run(drops);
  }

 private:
  void stage_changes(const std::string& type, const std::vector<Id>& ids) {
    const std::string table = "changed_" + type;
    connection_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} (id BIGINT, is_new BOOLEAN)", quoted(table)));
    staged_.insert(quoted(table));
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
    if (is_read("{was " + type + "}")) stage_old(type);
  }

  // Puts the records that were there before into was_<type> as they were, and into now_<type> as they are.
  void stage_old(const std::string& type) {
    const std::string old = fmt::format("IN (SELECT id FROM {} WHERE NOT is_new)", quoted("changed_" + type));
    stage(quoted("was_" + type),
          live_records(schema_.need(type),
                       fmt::format("r.id {0} AND r.seq_from <= {1} AND r.seq_to > {1}", old, changes_.after)));
    stage(quoted("now_" + type), fmt::format("SELECT * FROM {} WHERE id {}", quoted(type), old));
  }

  void update(const FactDefinition& fact) {
    const bool appended = fact.merges() && has_new(fact.reads.front());
    const std::string recomputed = stage_keys(fact);
    const std::string changed = appended ? stage_appended(fact, !recomputed.empty()) : recomputed;
    if (changed.empty()) return;
    between_.changed.insert(fact.name);

    const std::string table = quoted(fact.name), was = quoted("was_" + fact.name), now = quoted("now_" + fact.name);
    std::string of_changed = changed, columns;
    for (std::size_t at = 0; (at = of_changed.find('%', at)) != std::string::npos;)
      of_changed.replace(at, 1, quoted(fact.key));
    for (const FactColumn& column : fact.columns) columns += (columns.empty() ? "" : ", ") + quoted(column.name);
    if (appended || !fact.rollups.empty() || is_read("was_" + fact.name))
      stage(was, fmt::format("SELECT * FROM {} WHERE {}", table, of_changed));
    connection_.run(fmt::format("DELETE FROM {} WHERE {}", table, of_changed));

    std::string rows = recomputed.empty() ? "" : fact.sql(recomputed, {}, recomputed);
    if (appended) {
      const std::string merged = merged_rows(fact, !recomputed.empty());
      rows = rows.empty() ? merged : fmt::format("({}) UNION ALL BY NAME ({})", rows, merged);
    }
    rows = fmt::format("SELECT {} FROM ({})", columns, rows);
    if (!fact.rollups.empty() || is_read("now_" + fact.name)) {
      stage(now, rows);
      rows = "FROM " + now;
    }
    connection_.run(fmt::format("INSERT INTO {} {}", table, rows));
    change_rollups(connection_, fact, was, now);
  }

  void stage(const std::string& table, const std::string& select) {
    connection_.run(fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", table, select));
    staged_.insert(table);
  }

  // Puts the keys whose rows may differ into changed_<fact>, and gives the condition for '%' being one of them; "" when
  // there are none. Of a fact that merges they are in keys_<fact> too, since more may be appended.
  std::string stage_keys(const FactDefinition& fact) {
    const std::string touched = touched_keys(fact, between_);
    if (touched.empty()) return "";
    const std::string name = (fact.merges() ? "keys_" : "changed_") + fact.name, keys = quoted(name);
    stage(keys, fmt::format("SELECT DISTINCT key FROM ({}) WHERE key IS NOT NULL", touched));
    if (can_merge(fact.column(fact.key)->references))  // merged ones have no rows, but are named by records
      connection_.run(
          fmt::format("INSERT INTO {0} SELECT id FROM alias WHERE root IN (FROM {0}) AND id NOT IN (FROM {0})", keys));
    if (fact.merges()) stage(quoted("changed_" + fact.name), "FROM " + keys);
    return among(name);
  }

  // Puts what the appended records add into fresh_<fact>, and whose it is beside what is recomputed into
  // changed_<fact>; gives the condition as stage_keys().
  std::string stage_appended(const FactDefinition& fact, bool recomputed) {
    const std::string fresh = quoted("fresh_" + fact.name), name = "changed_" + fact.name;
    stage(fresh, fact.sql({}, fmt::format("% > {}", changes_.after)));
    stage(quoted(name), fmt::format("SELECT {} AS key FROM {}{}", quoted(fact.key), fresh,
                                    recomputed ? " UNION FROM " + quoted("keys_" + fact.name) : ""));
    return among(name);
  }

  // The condition for '%' being one of the keys that stand in a table; "" when there are none.
  std::string among(const std::string& keys) {
    const Result<Table> range = connection_.query("SELECT min(key), max(key) FROM " + quoted(keys));
    if (!range || !range->columns[0].whole(0)) return "";
    // The bounds let DuckDB pass over the parts of a large table in which no key lies; those of the keys themselves,
    // that it looks for keys already while it scans, which it does only where it takes them for a part of something.
    const std::string within =
        fmt::format("BETWEEN {} AND {}", *range->columns[0].whole(0), *range->columns[1].whole(0));
    return fmt::format("% IN (SELECT key FROM {0} WHERE key {1}) AND % {1}", quoted(keys), within);
  }

  bool has_new(const std::string& type) const {
    const auto found = changes_.ids.find(type);
    return found != changes_.ids.end() && found->second.back() > changes_.after;
  }

  // True when what tells the keys of any fact mentions that.
  bool is_read(const std::string& words) const {
    return std::ranges::any_of(facts_.definitions_, [&](const FactDefinition& fact) {
      return std::ranges::any_of(fact.touched,
                                 [&](const auto& touched) { return touched.second.find(words) != std::string::npos; });
    });
  }

  // What was there of the keys to which records were appended, with what these add; but for those that are recomputed.
  std::string merged_rows(const FactDefinition& fact, bool recomputed) {
    const std::string keys = quoted("keys_" + fact.name), was = quoted("was_" + fact.name),
                      fresh = quoted("fresh_" + fact.name);
    std::string same, columns;
    for (const FactColumn& column : fact.columns) {
      const std::string name = quoted(column.name);
      if (column.merge.empty()) same += fmt::format("{0}t.{1} = s.{1}", same.empty() ? "" : " AND ", name);
      columns += fmt::format("{}{} AS {}", columns.empty() ? "" : ", ",
                             column.merge.empty() ? fmt::format("coalesce(t.{0}, s.{0})", name) : merged(column), name);
    }
    return fmt::format("SELECT {} FROM {} t FULL JOIN {} s ON {}", columns, recomputed ? others(fact, was, keys) : was,
                       recomputed ? others(fact, fresh, keys) : fresh, same);
  }

  const Facts& facts_;
  Connection& connection_;
  const Schema& schema_;
  const Changes& changes_;
  Between between_;
  std::set<std::string> staged_;  // temporary tables, quoted
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
