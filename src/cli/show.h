// How values and records are shown to people, and given to programs as JSON: references by title, money with its
// currency, durations in the largest fitting unit, "–" for what is not known. Decides nothing. Thread-safe as its
// reader is.
#pragma once

#include <string>

#include "app/given.h"
#include "app/record_json.h"
#include "ledger/ledger.h"
#include "metrics/query.h"
#include "schema/schema.h"

namespace traction {

inline constexpr const char* kUnknown = "–";

// "57 d", "3.5 d", "2 h 10 min", "45 s": exact where it is whole, else two units at most.
std::string show_duration(double seconds);

// "2017-12-31 14:05" in the zone; seconds when they are not zero.
std::string show_moment(Instant instant, const Zone& zone);

// "12.3–45.6 %": the interval of a number that has one.
std::string show_interval(const Value& value, std::string_view unit);

// "Ann: growing, 120.00 EUR a month (95 % between …)".
std::string show_trend(const Trend& trend, std::string_view unit, std::string_view grain);

// A number of a metric, in its unit; `n` cases of at least `smallest_n` for what is too few.
std::string show_value(const Value& value, std::string_view unit, std::string_view currency, std::int64_t n,
                       int smallest_n);

// Titles of the records that others refer to, looked up once each.
class Names {
 public:
  Names(Reader& reader, const Schema& schema, Locale locale)
      : schema_(schema), locale_(std::move(locale)), titles_(reader, schema) {}

  const std::string& title(const RecordType& type, Id id) { return titles_.of(type, id); }
  // One field of a body for people; `body` tells the currency of its amounts.
  std::string show(const Field& field, const json::object& body);
  // A record for programs, with `titles` of its references.
  json::object to_json(const RecordType& type, const StoredRecord& record) {
    return record_json(type, record, &titles_);
  }
  // The currency of a record's amounts: its own, else the workspace's.
  std::string currency(const json::object& body) const;
  const Locale& locale() const { return locale_; }

 private:
  const Schema& schema_;
  const Locale locale_;
  Titles titles_;
};

}  // namespace traction
