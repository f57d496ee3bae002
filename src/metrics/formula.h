// Formula: arithmetic on names, as in "won_deals / (won_deals + lost_deals)": the closed grammar in which derived
// metrics and the columns of table metrics are written. Parsed once, evaluated per row over numbers that may be
// missing. Pure, thread-safe.
//   sum = product { ("+" | "-") product } · product = part { ("*" | "/") part }
//   part = number | name | name "." column | "running" "(" name ")" | "last_year" "(" name ")"
//        | "mean" "(" sum { "," sum } ")" | "improving" "(" sum "," sum { "," sum } ")" | "(" sum ")"
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace traction {

struct Formula {
  enum class Kind { number, name, running, last_year, add, subtract, multiply, divide, mean, improving };
  Kind kind = Kind::number;
  double number = 0;
  std::string name;         // of name, running and last_year
  std::vector<Formula> of;  // the two sides of an operation; what a mean is of; see evaluate() for improving
};

// Reads a formula. Refused (invalid) with what is wrong and where: a stray character, a missing parenthesis or operand,
// nothing at all, more than 20 levels of parentheses.
Result<Formula> parse_formula(std::string_view text);

// Every name in it, each once, in order of appearance.
std::vector<std::string> names(const Formula& formula);

// True when it asks for something as it was before: last year, or (improving) in the period of equal length just
// before.
bool looks_back(const Formula& formula);

// True when a part of it is of that kind.
bool mentions(const Formula& formula, Formula::Kind kind);

// What a name stands for in a row, plainly, as `running` the sum over the rows up to this one, or as `last_year` in the
// earlier period that the formula looks back to. Missing = nullopt.
using Lookup = std::function<std::optional<double>(const std::string& name, Formula::Kind how)>;

// The value; nullopt when anything it needs is missing, a divisor is 0 or the result is not finite. A mean passes over
// what is missing, and is missing when all of it is. improving(hits, cases, others …) is 1 where the share of hits
// among cases rose since the period before, by a 95 % interval of the change above 0, and none of the others fell; 0
// where the share fell by such an interval, or rose while another fell; missing where that cannot be told.
std::optional<double> evaluate(const Formula& formula, const Lookup& lookup);

}  // namespace traction
