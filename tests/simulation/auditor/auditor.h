// Auditor: a second, independent reckoning of every metric, straight from a ledger's entries, to hold the metric engine
// to. It answers by group, period and instant as the engine does, slowly. Tests only. Not thread-safe: it keeps the
// lists it made.
#pragma once

#include "simulation/auditor/rules.h"

namespace traction::auditor {

struct Inquiry {
  std::string metric;
  std::vector<std::string> by;  // of the rule's dimensions
  std::optional<Date> from, to;
  bool monthly = false;
  bool converted = false;
  Moment moment;
};

struct Group {
  std::vector<std::string> keys;  // ids, "" for none; then, when monthly, the first day of the month
  std::string currency;
  auto operator<=>(const Group&) const = default;
};

struct Reckoning {
  std::map<Group, std::vector<Number>> groups;       // those with any case
  std::map<Group, std::int64_t> cases;               // how many, where they are all of one kind
  std::map<std::string, std::vector<Number>> total;  // by currency
  std::vector<Number> nothing;                       // what a group without a case comes to
  std::vector<std::int64_t> told;  // how many cases are told of beside the numbers, kind by kind, ascending; none of 0
};

class Auditor {
 public:
  explicit Auditor(Ledger& ledger);

  static std::vector<std::string> metrics();
  static const Rule& rule(const std::string& metric);
  Reckoning reckon(const Inquiry& inquiry);
  const Books& books() const { return books_; }

 private:
  class Asked;

  const Cases& listed(List list, const Moment& moment);

  Books books_;
  std::map<std::tuple<List, std::optional<Instant>, Instant>, Cases> lists_;
};

}  // namespace traction::auditor
