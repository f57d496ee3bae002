#include <fmt/format.h>

#include "metrics/select.h"

namespace traction {

std::string Select::amount(const FactDefinition& fact, const std::string& column) {
  if (!question_.converted) return "f." + quoted(column);
  const std::string own = literal(question_.settings.currency) + "::VARCHAR";
  const std::string money = fmt::format("coalesce(f.currency, {})", own);
  const std::string rate = fmt::format(
      "(SELECT first(r.rate ORDER BY r.starts_on DESC, r.id DESC) FROM rate r WHERE r.currency = {} AND r.starts_on <= "
      "{})",
      money, literal(question_.today));
  const std::string judged = fmt::format("converted(f.{}, {}, coalesce({}, 0), {})", quoted(column), money, rate, own);
  if (!fact.column("rate_on")) return judged;
  return fmt::format("CASE WHEN f.rate_on IS NULL THEN {} ELSE f.{} END", judged, quoted(converted_column(column)));
}

std::string Select::without_rate(const MetricDefinition& leaf, const FactDefinition& fact) {
  std::string text;
  for (const std::string& column : amounts(leaf))
    text += fmt::format("{}f.{} IS NOT NULL AND {} IS NULL", text.empty() ? "" : " OR ", quoted(column),
                        amount(fact, column));
  return text.empty() ? "FALSE" : fmt::format("({})", text);
}

}  // namespace traction
