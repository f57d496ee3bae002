#include "simulation/mutations.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace traction {
namespace {

struct Slip {
  const char* from;  // a regular expression
  const char* to;
};

const std::vector<Slip> kSqlSlips = {
    {" <= ", " < "},
    {" < ", " <= "},
    {" >= ", " > "},
    {" > ", " >= "},
    {" = '", " <> '"},
    {" <> ", " = "},
    {" IS NOT NULL", " IS NULL"},
    {" NOT IN ", " IN "},
    {" IN \\('", " NOT IN ('"},
    {"\\bmin\\(", "max("},
    {"\\bmax\\(", "min("},
    {"'won'", "'lost'"},
    {"'lost'", "'won'"},
    {"'outbound'", "'inbound'"},
    {"'inbound'", "'outbound'"},
    {"'done'", "'planned'"},
    {"'call', ", ""},
    {"'email', ", ""},
    {", 'message'", ""},
    {"'held'", "'no_show'"},
    {"'connected', ", ""},
    {"'qualified'", "'lead'"},
    {"coalesce\\(happened_at, created_at\\)", "created_at"},
    {"coalesce\\(happened_at, created_at\\)", "happened_at"},
    {"\\bclosed_at\\b", "created_at"},
    {"\\bamount_minor\\b", "list_amount_minor"},
    {"\\bd\\.owner\\b", "d.id"},
    {"m\\.until\\b", "m.since"},
    {"s\\.step < r", "s.step <= r"},
    {"r\\.last_step", "r.first_step"},
    {" AND [a-z_.]+ (IS NOT NULL|= '[a-z]+'|IN \\([^()]*\\)|<> [a-z_.]+)", ""},
    {"ORDER BY visit DESC", "ORDER BY visit"},
    {"PARTITION BY id ORDER", "PARTITION BY stage ORDER"},
    {"LEFT JOIN (deal_touch|contact_touch|membership|lead_touch|answered)", "JOIN $1"},
};

const std::vector<Slip> kMetricSlips = {
    {"(where = \\{[^}]*)= true", "$1= false"},
    {"(where = \\{[^}]*)= false", "$1= true"},
    {"(where = \\{[^}]*)\"outbound\"", "$1\"inbound\""},
    {"(where = \\{[^}]*)\"inbound\"", "$1\"outbound\""},
    {"(where = \\{[^}]*)\"call\"", "$1\"email\""},
    {"(where = \\{[^}]*)\"email\"", "$1\"call\""},
    {"(where = \\{[^}]*)\"meeting\"", "$1\"call\""},
    {"(where = \\{[^}]*)\"won\"", "$1\"lost\""},
    {"(where = \\{[^}]*)\"lost\"", "$1\"won\""},
    {"(where = \\{[^}]*), \"open\"", "$1"},
    {"(where = \\{)[^,{}\\[]*, ", "$1"},
    {"^where = \\{.*\\}$", ""},
    {"^where = ", "except = "},
    {"^except = ", "where = "},
    {"^time = \"created_on\"", "time = \"closed_on\""},
    {"^time = \"closed_on\"", "time = \"created_on\""},
    {"^time = \"entered_on\"", "time = \"left_on\""},
    {"^time = \"noted_on\"", "time = \"due_on\""},
    {"^time = \"(due|done|came_due)_on\"", "time = \"noted_on\""},
    {"^time = \"(contacted|demo_held|qualified)_on\"", "time = \"created_on\""},
    {"^(share = \\{.*)= true", "$1= false"},
    {"^(share = \\{.*)\"won\"", "$1\"lost\""},
    {"^(share = \\{.*)\"5_minutes\"", "$1\"longer\""},
    {"^share = ", "share_except = "},
    {"\"sum\\(amount_minor\\)\"", "\"sum(list_amount_minor)\""},
    {"^value = \"amount_minor\"", "value = \"list_amount_minor\""},
    {"\"median\"", "\"p75\""},
    {"\"p90\"", "\"median\""},
    {"\"mean\"", "\"median\""},
    {"^(formula = .*) \\+ ", "$1 - "},
    {"^(formula = .*) / ", "$1 * "},
    {"(formula = \"advanced) / entered", "$1 / skipped"},
    {"running\\(started_here\\)", "running(entered)"},
    {"^leave_out = \\[\\{.*\\}\\]$", ""},
    {"^old_enough = .*$", ""},
    {"seconds = 3600\\b", "seconds = 300"},
    {"(dimensions = .*)\"deal\\.owner\"", "$1\"owner\""},
    {"(dimensions = .*)\"deal\\.owner\\.team\"", "$1\"team\""},
    {"(count = \\{)lost_here", "$1still_here"},
    {"(count = \\{)started_here", "$1entered"},
    {"clock = \"business\"", ""},
    {"since = \"due_at\"", ""},
    {"empty = 0", ""},
};

// Slips that change no number, whatever happened: in one of the facts, or in metrics that count it, these words become
// those and nothing else changes.
struct Idle {
  std::vector<std::string> facts;
  std::string from, to;
};

const std::vector<Idle> kIdle = {
    // A touch is connected only if it is a call.
    {{"touch"}, "kind = \"call\", connected = true", "connected = true"},
    // Its rows are of stages on the way alone.
    {{"deal_value", "deal_movement", "deal_unplanned", "silence"},
     "where = {stage_kind = [\"lead\", \"qualified\", \"open\"]}",
     ""},
    // Other meetings of a deal make a row that says nothing of either kind, as having none does.
    {{"deal_milestone"}, " AND meeting_kind IN ('discovery', 'demo')", ""},
    // What is of no deal makes a row of none, which no deal finds.
    {{"deal_milestone", "deal_touch"}, " AND deal IS NOT NULL", ""},
    {{"answered"}, " AND answers IS NOT NULL", ""},
    // A last touch just as the deal moves has told already that it was touched.
    {{"stage_move"}, "m.last_touch_at > m.moved_at", "m.last_touch_at >= m.moved_at"},
    // What was planned for no time at all covers none: it parts a stretch without a plan into two that touch.
    {{"deal_unplanned"}, "noted_at < done_at", "noted_at <= done_at"},
    // A stretch that ends as it begins is open at no instant and at no day's end.
    {{"deal_unplanned"}, "f.since < f.until", "f.since <= f.until"},
    // An entry is of one record: none of a rate is the entry that made a cost or closed a deal.
    {{"cost_fact", "quota_day", "deal_fact"}, "r.seq_from > ", "r.seq_from >= "},
    {{"cost_fact", "quota_day", "deal_fact"}, "r.seq_to > ", "r.seq_to >= "},
};

bool is_idle(const std::string& fact, const std::string& line, const std::string& changed) {
  return std::ranges::any_of(kIdle, [&](const Idle& idle) {
    if (std::ranges::count(idle.facts, fact) == 0) return false;
    for (std::size_t at = line.find(idle.from); at != std::string::npos; at = line.find(idle.from, at + 1))
      if (std::string(line).replace(at, idle.from.size(), idle.to) == changed) return true;
    return false;
  });
}

bool names(const std::string& text, const std::string& word) {
  return std::regex_search(text, std::regex("\\b" + word + "\\b"));
}

// What is written after the header, without comments.
bool is_sql(const std::string& line) { return !line.starts_with("--"); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// Columns of facts that no number comes from.
std::set<std::string> unread(const std::vector<DefinitionFile>& facts, const std::vector<DefinitionFile>& metrics,
                             const Catalogue& catalogue) {
  std::string asked = "owner team stage product pipeline ";
  for (const DefinitionFile& file : metrics)
    for (const std::string& line : lines_of(file.text))
      if (!line.starts_with("about") && !line.starts_with("mention") && !line.starts_with("label") &&
          line.find("{when") == std::string::npos)
        asked += line + "\n";
  std::set<std::string> found;
  for (const FactDefinition& fact : catalogue.facts())
    for (const FactColumn& column : fact.columns) {
      // A fact that is built anew for an instant is not clipped by its times.
      const bool clips = (column.start || column.end) && !fact.rebuild_at;
      bool read = names(asked, column.name) || clips || column.name == fact.key;
      for (const DefinitionFile& file : facts) {
        if (file.path.ends_with("/" + fact.name + ".sql")) continue;
        std::string sql;
        for (const std::string& line : lines_of(file.text))
          if (is_sql(line)) sql += line + "\n";
        read = read || (names(sql, fact.name) && names(sql, column.name));
      }
      if (!read) found.insert(column.name);
    }
  return found;
}

class Maker {
 public:
  explicit Maker(std::vector<Mutation>& made) : made_(made) {}

  // `fact` is the one the file is of, or the one the metric counts.
  void slip(const DefinitionFile& file, std::size_t place, std::size_t line, const Slip& slip, const std::string& fact,
            const std::string& metric, const std::set<std::string>& unread_columns) {
    const bool of_fact = metric.empty();
    const std::vector<std::string> lines = lines_of(file.text);
    const std::regex wrong(slip.from);
    const std::string& text = lines[line];
    for (std::sregex_iterator hit(text.begin(), text.end(), wrong), end; hit != end; ++hit) {
      const auto at = static_cast<std::size_t>(hit->position());
      if (of_fact && is_unread(lines, line, at, unread_columns)) continue;
      std::vector<std::string> changed = lines;
      changed[line] = text.substr(0, at) + hit->format(slip.to) + hit->suffix().str();
      if (changed[line] == text || is_idle(fact, text, changed[line])) continue;
      made_.push_back({of_fact, place, joined(changed),
                       fmt::format("{}:{}: {} => {}", file.path, line + 1, text, changed[line]), metric});
    }
  }

 private:
  // Whether the expression at that place makes a column that nobody reads.
  static bool is_unread(const std::vector<std::string>& lines, std::size_t line, std::size_t at,
                        const std::set<std::string>& unread_columns) {
    std::string rest = lines[line].substr(at);
    for (std::size_t i = line + 1; i < std::min(lines.size(), line + 6); ++i) rest += "\n" + lines[i];
    static const std::regex name("\\b(?:AS ([a-z_]+)|(FROM|WHERE|JOIN))\\b");
    std::smatch hit;
    return std::regex_search(rest, hit, name) && hit[1].matched && unread_columns.contains(hit[1].str());
  }

  std::vector<Mutation>& made_;
};

}  // namespace

std::vector<Mutation> mutations(const std::vector<DefinitionFile>& facts, const std::vector<DefinitionFile>& metrics,
                                const Catalogue& catalogue) {
  const std::set<std::string> no_number = unread(facts, metrics, catalogue);
  std::vector<Mutation> made;
  Maker maker(made);
  for (std::size_t file = 0; file < facts.size(); ++file) {
    const std::vector<std::string> lines = lines_of(facts[file].text);
    for (std::size_t line = 0; line < lines.size(); ++line)
      if (is_sql(lines[line]))
        for (const Slip& slip : kSqlSlips)
          maker.slip(facts[file], file, line, slip, std::filesystem::path(facts[file].path).stem(), "", no_number);
  }
  for (std::size_t file = 0; file < metrics.size(); ++file) {
    const std::vector<std::string> lines = lines_of(metrics[file].text);
    std::string metric;
    for (std::size_t line = 0; line < lines.size(); ++line) {
      if (lines[line].starts_with("name = \"")) metric = lines[line].substr(8, lines[line].size() - 9);
      const bool says = lines[line].starts_with("about") || lines[line].starts_with("label") ||
                        lines[line].starts_with("mention") || lines[line].starts_with("#");
      if (says || metric.empty()) continue;
      for (const Slip& slip : kMetricSlips)
        maker.slip(metrics[file], file, line, slip, catalogue.part(metric)->from, metric, no_number);
    }
  }
  return made;
}

}  // namespace traction
