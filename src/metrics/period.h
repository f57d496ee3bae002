// Period: the days a question is about, the days a comparison is about, and the days at which the periods of a grain
// begin. Days are those of the workspace's zone; intervals are [from, to). Pure values, thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "metrics/query.h"

namespace traction {

struct Period {
  std::optional<Date> from, to;  // open where absent
};

// Where a workspace's weeks and fiscal years turn.
struct Turning {
  int week = 0;    // days from the first day of a week to the next Monday: 0 Monday, 1 Sunday, 2 Saturday
  int fiscal = 0;  // months from January to the first month of the fiscal year
};

// `week_start` is "monday", "sunday" or "saturday"; `fiscal_year_start` a month, 1 to 12.
Turning turning(std::string_view week_start, std::int64_t fiscal_year_start);

// First day of the period of the grain that `day` falls in. Not for Grain::none.
Date begin_of(Grain grain, Date day, Turning turning);

// The same as SQL, of an expression that is a date.
std::string begin_sql(Grain grain, const std::string& day, Turning turning);

// First day of the period after (or, negative, before) by `count`. `begin` must be a first day.
Date step(Grain grain, Date begin, int count);

// First days of all periods that touch [from, to), ascending. At most 20,000, the rest is not given.
std::vector<Date> begins(Grain grain, Date from, Date to, Turning turning);

// "2017-03-01" for a day, "week of 2017-03-06", "2017-03", "2017 Q1", "2017", "FY2018 Q1", "FY2018": a fiscal year has
// the name of the calendar year in which it ends.
std::string label(Grain grain, Date begin, Turning turning);

std::string_view name(Grain grain);                    // "month", "" for none
std::optional<Grain> grain_of(std::string_view text);  // of name()

// The day `months` later, on the last day of its month where the month is too short.
Date same_day(Date date, int months);

// The period that `period` is compared with, and the part of `period` that is compared.
// previous: as many days just before; with a grain, as many of its periods, so that rows line up. last_year: the same
// days a year before (by weeks: 52 weeks before). Where `period` is not over at the end of `today`, it is first cut to
// the days elapsed, so that a part is set against an equal part.
struct Comparison {
  Compare how = Compare::none;
  Period now, then;
};
Comparison compare(Compare how, Grain grain, Date from, Date to, Date today, Turning turning);

// Where the periods of the compared range belong among those of the present one: first day there, by first day then.
// 29 February has no counterpart.
std::map<Date, Date> line_up(const Comparison& comparison, Grain grain, Turning turning);

}  // namespace traction
