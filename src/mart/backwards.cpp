#include "mart/backwards.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "mart/facts.h"
#include "mart/rollups.h"
#include "mart/tables.h"
#include "metrics/path.h"

namespace traction {
namespace {

// Rows of keys that were there then, or none that could be: a key is the id of a record, which is the seq of the entry
// that created it, or its opposite.
std::string known(const FactDefinition& fact, Seq last) {
  return fmt::format("{} BETWEEN {} AND {}", quoted(fact.key), -last, last);
}
std::string unknown(const FactDefinition& fact, Seq last) {
  return fmt::format("({0} > {1} OR {0} < {2})", quoted(fact.key), last, -last);
}

}  // namespace

bool names(const std::string& sql, const std::string& name) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = sql.find(name); at != std::string::npos; at = sql.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : sql[at - 1];
    const std::size_t end = at + name.size();
    const char after = end == sql.size() ? ' ' : sql[end];
    if (!is_part(before) && !is_part(after) && before != '\'' && after != '(') return true;
  }
  return false;
}

Backwards::Backwards(Connection& connection, const Schema& schema, const std::vector<FactDefinition>& facts,
                     std::string database, Seq last)
    : connection_(connection), schema_(schema), facts_(facts), database_(std::move(database)), last_(last) {
  const auto versions = [this](const std::string& type, const std::string& condition) {
    const RecordType& known = schema_.need(type);
    return live_records(known, present(versions_table(known)), condition);
  };
  // Every entry of a record makes a version of it: what has changed since is now of a later version, and had one then
  // that has ended.
  between_.has_old = [](const std::string&) { return true; };
  between_.was = [this, versions](const std::string& type) {
    return versions(type, fmt::format("r.seq_from > {} AND r.seq_to = {}", last_, kCurrent));
  };
  between_.now = [this, versions](const std::string& type) {
    return versions(type, fmt::format("r.seq_from <= {0} AND r.seq_to > {0} AND r.seq_to < {1}", last_, kCurrent));
  };
}

std::string Backwards::present(const std::string& table) const {
  return fmt::format("{}.main.{}", database_, quoted(table));
}

void Backwards::make(const char* kind, const std::string& name, const std::string& select) {
  connection_.run(fmt::format("CREATE OR REPLACE TEMP {} {} AS {}", kind, quoted(name), select));
  drops_ += fmt::format("DROP {} IF EXISTS temp.{};\n", kind, quoted(name));
}

void Backwards::reach(std::set<std::string> facts) {
  for (const FactDefinition& fact : facts_ | std::views::reverse)
    if (facts.contains(fact.name)) facts.insert(fact.reads.begin(), fact.reads.end());
  stage_records(facts);
  for (const FactDefinition& fact : facts_)
    if (facts.contains(fact.name)) reach(fact);
}

void Backwards::stage_records(const std::set<std::string>& needed) {
  for (const RecordType& type : schema_.types()) {
    const std::string versions = present(versions_table(type));
    if (!needed.contains(type.name) ||
        connection_.number(fmt::format("SELECT 1 FROM {} WHERE seq_from > {} LIMIT 1", versions, last_)) == 0)
      continue;
    make("VIEW", "changed_" + type.name,
         fmt::format("SELECT id, FALSE AS is_new FROM {} WHERE seq_from > {}", versions, last_));
    between_.changed.insert(type.name);
  }
  make("TABLE", "moved",
       fmt::format("SELECT DISTINCT unnest([id, root]) AS id FROM "
                   "((FROM temp.alias EXCEPT FROM {0}) UNION ALL (FROM {0} EXCEPT FROM temp.alias))",
                   present("alias")));
  between_.moved = connection_.number("SELECT count(*) FROM temp.moved") > 0;
  if (between_.changed.contains("workspace")) note_settings();
}

void Backwards::note_settings() {
  const RecordType& workspace = schema_.need("workspace");
  for (const Field& field : workspace.fields)
    if (connection_.number(fmt::format(
            "SELECT count(*) FROM ({0}) n, workspace t WHERE n.{1} IS DISTINCT FROM t.{1}",
            live_records(workspace, present(versions_table(workspace)), fmt::format("r.seq_to = {}", kCurrent)),
            quoted(field.name))) > 0)
      settings_.insert(field.name);
}

bool Backwards::is_anew(const FactDefinition& fact) const {
  const auto has = [&](const std::string& read) {
    return anew_.contains(read) || (read == "workspace" && std::ranges::any_of(settings_, [&](const auto& setting) {
                                      return names(fact.select, setting);
                                    }));
  };
  return std::ranges::any_of(fact.reads, has);
}

void Backwards::reach(const FactDefinition& fact) {
  const std::string then = "then_" + fact.name, table = present(fact.name), key = quoted(fact.key);
  const auto nothing = [&] { make("TABLE", then, fmt::format("SELECT * FROM {} LIMIT 0", table)); };
  if (is_anew(fact)) {
    anew_.insert(fact.name);
    nothing();
    fill_rows(connection_, fact, quoted(then), last_);
    make("VIEW", fact.name, "SELECT * FROM " + quoted(then));
    return;
  }
  if (!stage_keys(fact)) {
    make("VIEW", fact.name, "SELECT * FROM " + table);
    return;
  }
  const std::string keys = quoted("keys_" + fact.name);
  nothing();
  const Result<Table> range = connection_.query("SELECT min(key), max(key), count(*) FROM " + keys);
  std::string kept = fmt::format("SELECT * FROM {} WHERE {}", table, known(fact, last_));
  std::string was = fmt::format("SELECT * FROM {} WHERE {}", table, unknown(fact, last_));
  std::string changed = fmt::format("SELECT {} AS key FROM {} WHERE {}", key, table, unknown(fact, last_));
  if (const auto least = range->columns[0].whole(0)) {
    // The bounds let DuckDB pass over the parts of a large table in which no key lies.
    const std::string bounds = fmt::format("BETWEEN {} AND {}", *least, *range->columns[1].whole(0));
    fill_rows(connection_, fact, quoted(then), last_, fmt::format("% IN (SELECT key FROM {}) AND % {}", keys, bounds),
              *range->columns[2].whole(0));
    kept = fmt::format("SELECT f.* FROM {} f ANTI JOIN {} k ON k.key = f.{} WHERE f.{} UNION ALL SELECT * FROM {}",
                       table, keys, key, known(fact, last_), quoted(then));
    was += fmt::format(" UNION ALL SELECT f.* FROM {} f SEMI JOIN {} k ON k.key = f.{} WHERE f.{} {}", table, keys, key,
                       key, bounds);
    changed += " UNION ALL SELECT key FROM " + keys;
  }
  make("VIEW", "changed_" + fact.name, changed);
  make("VIEW", "was_" + fact.name, was);
  make("VIEW", "now_" + fact.name, "SELECT * FROM " + quoted(then));
  between_.changed.insert(fact.name);
  make("VIEW", fact.name, kept);
}

bool Backwards::stage_keys(const FactDefinition& fact) {
  const std::string touched = touched_keys(fact, between_);
  if (touched.empty()) return false;
  make("TABLE", "keys_" + fact.name,
       fmt::format("SELECT DISTINCT key FROM ({}) WHERE key BETWEEN {} AND {}", touched, -last_, last_));
  return true;
}

std::string Backwards::roll_up(const FactDefinition& fact, const Rollup& rollup) {
  if (anew_.contains(fact.name)) return rolled_up(rollup, quoted(fact.name));
  if (!between_.changed.contains(fact.name)) return fmt::format("SELECT * FROM {}", present(rollup.name));
  // Only the days of rows that went or came are counted again, which are few: the past is before the present.
  const std::string days = "days_" + rollup.name, day = quoted(rollup.by.front());
  make("TABLE", days,
       fmt::format("SELECT DISTINCT {0} FROM (SELECT {0} FROM {1} UNION ALL SELECT {0} FROM {2})", day,
                   quoted("was_" + fact.name), quoted("then_" + fact.name)));
  return rolled_up(rollup, quoted(fact.name), present(rollup.name), quoted(days));
}

void Backwards::leave() { connection_.run(drops_); }

}  // namespace traction
