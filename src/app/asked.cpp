#include "app/asked.h"

#include <fmt/format.h>

#include "app/given.h"
#include "app/workspace.h"
#include "base/text.h"
#include "metrics/period.h"

namespace traction {
namespace {

Result<Date> day_of(const char* place, std::string_view text) {
  // A year or a month stands for its first day.
  std::string full(trim(text));
  if (full.size() == 4) full += "-01-01";
  if (full.size() == 7) full += "-01";
  if (const auto date = parse_date(full)) return *date;
  return refuse(Code::invalid, place,
                fmt::format("\"{}\" is not a day: write 2017-03-01, 2017-03 or 2017.", excerpt(text)));
}

Result<void> add_filter(std::vector<Filter>& filters, std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return refuse(Code::invalid, "where", "A filter is FIELD=VALUE or FIELD!=VALUE, an empty value means none.");
  const bool negate = text[equals - 1] == '!';
  const std::string dimension(trim(text.substr(0, equals - (negate ? 1 : 0))));
  const std::string value(trim(text.substr(equals + 1)));
  for (Filter& filter : filters)
    if (filter.dimension == dimension && filter.negate == negate) return filter.values.push_back(value), Result<void>{};
  filters.push_back({dimension, {value}, negate});
  return {};
}

}  // namespace

Result<Query> query_of(const Asked& asked, const Zone& zone) {
  Query query;
  query.metric = asked.metric;
  query.converted = asked.converted;
  for (const std::string& list : asked.by)
    for (const std::string& each : split(list, ',')) query.by.emplace_back(trim(each));
  if (asked.grain) {
    const auto grain = grain_of(*asked.grain);
    if (!grain || *grain == Grain::none)
      return refuse(Code::invalid, "grain",
                    fmt::format("\"{}\" is none of day, week, month, quarter, year, fiscal_quarter and fiscal_year.",
                                excerpt(*asked.grain)));
    query.grain = *grain;
  }
  for (const auto& [place, text, day] : {std::tuple{"from", &asked.from, &query.from}, {"to", &asked.to, &query.to}}) {
    if (!*text) continue;
    const auto date = day_of(place, **text);
    if (!date) return refuse(date);
    *day = *date;
  }
  for (const std::string& text : asked.where)
    if (auto added = add_filter(query.where, text); !added) return refuse(added);
  if (asked.compare) {
    if (*asked.compare != "previous" && *asked.compare != "last_year")
      return refuse(Code::invalid, "compare",
                    fmt::format("\"{}\" is neither previous nor last_year.", excerpt(*asked.compare)));
    query.compare = *asked.compare == "previous" ? Compare::previous : Compare::last_year;
  }
  for (const auto& [place, text, moment] :
       {std::tuple{"at", &asked.at, &query.at}, {"as_of", &asked.as_of, &query.as_of}}) {
    if (!*text) continue;
    const auto at = parse_moment(**text, zone);
    if (!at) return refuse(Code::invalid, place, at.error().sentence);
    *moment = *at;
  }
  return query;
}

Result<Query> query_of(const Asked& asked, Workspace& workspace) {
  auto query = query_of(asked, *locale_of(workspace.settings()).zone);
  if (!query || !query->as_of || !query->at) return query;
  const auto then = query_of(asked, *locale_of(workspace.settings(*query->as_of)).zone);
  if (then) query->at = then->at;
  return query;
}

}  // namespace traction
