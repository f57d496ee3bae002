#include "metrics/fact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "schema/check.h"
#include "schema/toml.h"

namespace traction {
namespace {

constexpr std::array kMerges = {"count", "sum", "min", "max", "first", "last"};
constexpr std::array kForbidden = {"now()", "current_date", "current_timestamp", "today()", "random()"};

// Reads one file. The first mistake is kept in `refusal`, and what is read after it does not count.
class FactReader {
 public:
  explicit FactReader(const DefinitionFile& file) : path_(file.path) {
    std::string header;
    int line = 0;
    for (const std::string& text : split(file.text, '\n')) {
      ++line;
      // Blank lines stand for the SQL, so that TOML counts lines as the file does.
      const bool in_header = text.starts_with("--|");
      header += (in_header ? text.substr(3) : "") + "\n";
      if (in_header || (fact_.select.empty() && trim(text).empty())) continue;
      if (fact_.select.empty()) select_line_ = line;
      fact_.select += text + "\n";
    }
    Result<toml::table> parsed = parse_toml(path_, header);
    if (!parsed) {
      wrong(parsed.error());
      return;
    }
    read(*parsed);
    check();
  }

  Result<FactDefinition> result() {
    if (refusal_) return tl::unexpected(*refusal_);
    return std::move(fact_);
  }

 private:
  void wrong(Refusal refusal) {
    if (!refusal_) refusal_ = std::move(refusal);
  }
  void wrong(int line, std::string sentence) {
    wrong(Refusal{Code::invalid, fmt::format("{}:{}", path_, line), std::move(sentence)});
  }

  void read(const toml::table& header) {
    TomlTable table(path_, header);
    std::string seen_at = "clip";
    json::value columns, touched, rollups;
    table.get("name", fact_.name);
    table.get("version", fact_.version);
    table.get("order", fact_.order);
    table.get("about", fact_.about);
    table.get("grain", fact_.grain);
    table.get("key", fact_.key);
    table.get("reads", fact_.reads);
    table.get("at", seen_at);
    table.get("columns", columns);
    table.get("touched", touched);
    table.get("rollups", rollups);
    table.nothing_else();
    if (seen_at != "clip" && seen_at != "rebuild") table.fault("at", Code::invalid, "\"at\" is clip or rebuild.");
    fact_.rebuild_at = seen_at == "rebuild";
    if (!columns.is_object()) table.fault("columns", Code::required, "A fact needs columns, as [columns.NAME].");
    if (touched.is_object())
      for (const auto& [source, select] : touched.as_object()) {
        if (!select.is_string() || !std::ranges::count(fact_.reads, std::string(source)))
          table.fault("touched", Code::invalid, fmt::format("\"{}\" takes a SELECT and must be read.", source));
        else
          fact_.touched.emplace(source, select.as_string());
      }
    if (table.refusal()) wrong(*table.refusal());
    if (const toml::table* parts = header["columns"].as_table()) read_columns(*parts);
    if (const toml::table* parts = header["rollups"].as_table()) read_rollups(*parts);
  }

  void read_rollups(const toml::table& rollups) {
    for (const auto& [key, node] : rollups) {
      const auto line = static_cast<int>(key.source().begin.line);
      if (!node.is_table()) return wrong(line, "A roll-up is a table.");
      TomlTable table(path_, *node.as_table());
      Rollup rollup{std::string(key.str()), {}, {}};
      table.get("by", rollup.by);
      table.get("sums", rollup.sums);
      table.nothing_else();
      if (table.refusal()) wrong(*table.refusal());
      for (const std::string& name : rollup.by)
        if (!fact_.column(name)) wrong(line, fmt::format("\"{}\" is not a column to roll up by.", name));
      for (const std::string& name : rollup.sums)
        if (!fact_.column(name) || !is_whole(fact_.column(name)->type))
          wrong(line, fmt::format("\"{}\" is not a column of whole numbers, which alone add up exactly.", name));
      if (rollup.by.empty() || !fact_.column(rollup.by[0]) || fact_.column(rollup.by[0])->type != FieldType::date)
        wrong(line, "A roll-up is by a date first.");
      if (fact_.merges()) wrong(line, "A fact that is merged has no roll-ups.");
      fact_.rollups.push_back(std::move(rollup));
    }
    std::ranges::stable_sort(fact_.rollups, {}, [](const Rollup& rollup) { return rollup.by.size(); });
  }

  static bool is_whole(FieldType type) {
    return type == FieldType::integer || type == FieldType::duration || type == FieldType::money;
  }

  void read_columns(const toml::table& columns) {
    std::vector<std::pair<std::uint32_t, FactColumn>> by_line;  // TOML tables forget the order they were written in
    for (const auto& [key, node] : columns) {
      const auto line = key.source().begin.line;
      if (!node.is_table()) return wrong(static_cast<int>(line), "A column is a table.");
      by_line.emplace_back(line, read_column(std::string(key.str()), *node.as_table()));
    }
    std::ranges::stable_sort(by_line, {}, [](const auto& pair) { return pair.first; });
    for (auto& [line, column] : by_line) fact_.columns.push_back(std::move(column));
  }

  FactColumn read_column(std::string column_name, const toml::table& node) {
    TomlTable table(path_, node);
    FactColumn column;
    column.name = std::move(column_name);
    std::string type, role;
    table.get("type", type);
    table.get("references", column.references);
    table.get("about", column.about);
    table.get("role", role);
    table.get("with", column.with);
    table.get("before", column.before);
    table.get("later", column.later);
    table.get("merge", column.merge);
    table.get("by", column.by);
    table.nothing_else();
    if (const auto known = field_type(type); known && known != FieldType::calendar)
      column.type = *known;
    else
      table.fault("type", Code::unknown,
                  fmt::format("\"{}\" is not the type of a column.{}", type, did_you_mean(type, field_type_names())));
    if (column.references.empty() == (column.type == FieldType::reference))
      table.fault("references", Code::invalid, "A reference, and nothing else, says which record type it refers to.");
    column.start = role == "start";
    column.end = role == "end";
    column.seen = role == "seen";
    column.settled = role == "settled";
    const bool known_role = column.start || column.end || column.seen || column.settled;
    if (!role.empty() && (!known_role || column.type != FieldType::instant))
      table.fault("role", Code::invalid, "\"role\" is start, end, seen or settled, and only an instant has one.");
    if (column.later && (column.type != FieldType::instant || !role.empty()))
      table.fault("later", Code::invalid, "Only an instant without a role can be \"later\".");
    if (!column.merge.empty() && !std::ranges::count(kMerges, column.merge))
      table.fault("merge", Code::invalid, "\"merge\" is count, sum, min, max, first or last.");
    if (column.by.empty() == (column.merge == "first" || column.merge == "last"))
      table.fault("by", Code::invalid, "Merging by first or last, and nothing else, needs \"by\".");
    if (table.refusal()) wrong(*table.refusal());
    return column;
  }

  void check() {
    if (refusal_) return;
    if (fact_.name != stem()) return wrong(1, fmt::format("The name must be \"{}\", like the file's.", stem()));
    if (fact_.about.empty() || fact_.grain.empty()) return wrong(1, "A fact needs \"about\" and \"grain\".");
    const FactColumn* key = fact_.column(fact_.key);
    if (key == nullptr || !key->merge.empty()) return wrong(1, "\"key\" must name a column that is not merged.");
    const auto count = [&](bool FactColumn::*role) { return std::ranges::count(fact_.columns, true, role); };
    if (std::max({count(&FactColumn::start), count(&FactColumn::end), count(&FactColumn::seen),
                  count(&FactColumn::settled)}) > 1)
      return wrong(1, "A role is given twice.");
    if (fact_.settled() && !fact_.rebuild_at) return wrong(1, "Only a fact that is rebuilt is \"settled\".");
    for (const FactColumn& column : fact_.columns) {
      const FactColumn* with = fact_.column(column.with);
      if (!column.with.empty() && !(with && (with->end || with->later)))
        return wrong(1, fmt::format("\"{}\" of \"{}\" is neither the end nor later.", column.with, column.name));
      if (!column.before.empty() && (column.with.empty() || !fact_.column(column.before)))
        return wrong(1, fmt::format("\"{}\" needs \"with\", and a column that holds what it was before.", column.name));
      if (!column.by.empty() && !fact_.column(column.by))
        return wrong(1, fmt::format("\"{}\" of \"{}\" is not a column.", column.by, column.name));
    }
    check_select();
  }

  void check_select() {
    const std::string folded = lower(fact_.select);
    if (folded.empty()) return wrong(1, "There is no SELECT below the header.");
    for (const std::string_view word : kForbidden)
      if (const auto at = folded.find(word); at != std::string::npos)
        return wrong(select_line_ + static_cast<int>(std::count(folded.begin(), folded.begin() + long(at), '\n')),
                     fmt::format("A fact depends on records alone: \"{}\" is not allowed.", word));
    if (folded.find("{keys ") == std::string::npos)
      return wrong(select_line_, "The SELECT does not say with {keys EXPR} whose rows it gives.");
    if ((folded.find("{new ") != std::string::npos) != fact_.merges())
      return wrong(select_line_, "Merged columns and {new EXPR} go together.");
    if (std::ranges::count(folded, '{') != std::ranges::count(folded, '}'))
      return wrong(select_line_, "A { is not closed.");
  }

  std::string_view stem() const {
    const std::string_view file = std::string_view(path_).substr(path_.rfind('/') + 1);
    return file.substr(0, file.rfind('.'));
  }

  std::string path_;
  FactDefinition fact_;
  int select_line_ = 1;
  std::optional<Refusal> refusal_;
};

// Replaces every "{word EXPR}" by what `with` makes of EXPR.
template <class With>
std::string fill_in(std::string sql, const std::string& word, const With& with) {
  const std::string opening = "{" + word + " ";
  for (std::size_t at = 0; (at = sql.find(opening, at)) != std::string::npos;) {
    const std::size_t close = sql.find('}', at);
    const std::string made = with(sql.substr(at + opening.size(), close - at - opening.size()));
    sql.replace(at, close - at + 1, made);
    at += made.size();
  }
  return sql;
}

const FactColumn* in_role(const std::vector<FactColumn>& columns, bool FactColumn::*role) {
  const auto found = std::ranges::find(columns, true, role);
  return found == columns.end() ? nullptr : &*found;
}

}  // namespace

const FactColumn* FactDefinition::column(std::string_view column_name) const {
  const auto found = std::ranges::find(columns, column_name, &FactColumn::name);
  return found == columns.end() ? nullptr : &*found;
}

const FactColumn* FactDefinition::start() const { return in_role(columns, &FactColumn::start); }

const FactColumn* FactDefinition::end() const { return in_role(columns, &FactColumn::end); }

const FactColumn* FactDefinition::seen() const {
  const FactColumn* seen = in_role(columns, &FactColumn::seen);
  return seen ? seen : start();
}

const FactColumn* FactDefinition::settled() const { return in_role(columns, &FactColumn::settled); }

bool FactDefinition::merges() const {
  return std::ranges::any_of(columns, [](const FactColumn& column) { return !column.merge.empty(); });
}

bool FactDefinition::clips() const {
  return start() || std::ranges::any_of(columns, [](const FactColumn& column) { return column.later; });
}

std::string converted_column(std::string_view amount) {
  return std::string(amount.substr(0, amount.size() - std::string_view("_minor").size())) + "_converted_minor";
}

std::string FactDefinition::sql(std::string_view keys, std::string_view news, std::string_view named) const {
  const auto put = [](std::string_view condition, const std::string& expression) {
    if (condition.empty()) return std::string("TRUE");
    std::string text(condition);
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; at += expression.size())
      text.replace(at, 1, expression);
    return "(" + text + ")";
  };
  std::string text = select;
  for (const auto& [word, condition] : {std::pair{"keys", keys}, {"new", news}, {"named", named}})
    text = fill_in(text, word, [&](const std::string& expression) { return put(condition, expression); });
  return text;
}

Result<std::vector<FactDefinition>> load_facts(std::span<const DefinitionFile> files) {
  std::vector<FactDefinition> facts;
  std::map<std::string, std::string> places;
  for (const DefinitionFile& file : files) {
    Result<FactDefinition> fact = FactReader(file).result();
    if (!fact) return refuse(fact);
    if (!places.emplace(fact->name, file.path + ":1").second)
      return refuse(Code::duplicate, file.path + ":1", fmt::format("The fact \"{}\" is there twice.", fact->name));
    for (const Rollup& rollup : fact->rollups)
      if (!places.emplace(rollup.name, file.path + ":1").second)
        return refuse(Code::duplicate, file.path + ":1", fmt::format("There are two tables \"{}\".", rollup.name));
    facts.push_back(std::move(*fact));
  }
  std::ranges::sort(facts, {}, [](const FactDefinition& fact) { return std::pair(fact.order, fact.name); });
  std::set<std::string> built;
  for (const FactDefinition& fact : facts) {
    for (const std::string& read : fact.reads)
      if (places.contains(read) && !built.contains(read))
        return refuse(Code::invalid, places[fact.name],
                      fmt::format("\"{}\" reads \"{}\", which is built after it.", fact.name, read));
    built.insert(fact.name);
  }
  return facts;
}

}  // namespace traction
