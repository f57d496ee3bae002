#include "metrics/formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/interval.h"
#include "base/text.h"

namespace traction {
namespace {

constexpr int kDeepest = 20;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Formula> whole() {
    auto formula = sum(0);
    if (!formula) return formula;
    if (skip() < text_.size()) return wrong("an operator or the end");
    return formula;
  }

 private:
  Result<Formula> sum(int depth) { return chain(depth, "+-"); }
  Result<Formula> product(int depth) { return chain(depth, "*/"); }

  // Operands of one rank, taken together from left to right.
  Result<Formula> chain(int depth, std::string_view operators) {
    const bool outer = operators == "+-";
    auto left = outer ? product(depth) : part(depth);
    while (left && skip() < text_.size() && operators.find(text_[at_]) != std::string_view::npos) {
      const char sign = text_[at_++];
      auto right = outer ? product(depth) : part(depth);
      if (!right) return right;
      Formula joined;
      joined.kind = sign == '+'   ? Formula::Kind::add
                    : sign == '-' ? Formula::Kind::subtract
                    : sign == '*' ? Formula::Kind::multiply
                                  : Formula::Kind::divide;
      joined.of.push_back(std::move(*left));
      joined.of.push_back(std::move(*right));
      left = std::move(joined);
    }
    return left;
  }

  Result<Formula> part(int depth) {
    if (depth > kDeepest) return refuse(Code::too_large, "formula", "The formula has too many parentheses.");
    if (skip() == text_.size()) return wrong("a name or a number");
    if (take('(')) {
      auto inner = sum(depth + 1);
      if (inner && !take(')')) return wrong("\")\"");
      return inner;
    }
    if (std::string word = take_while("abcdefghijklmnopqrstuvwxyz0123456789_."); !word.empty()) {
      if (word[0] == '.' || (word[0] >= '0' && word[0] <= '9')) return number(word);
      if (word == "mean") return list(depth, Formula::Kind::mean, word, 1);
      if (word == "improving") return list(depth, Formula::Kind::improving, word, 2);
      if (word != "running" && word != "last_year") return Formula{Formula::Kind::name, 0, std::move(word), {}};
      if (!take('(')) return wrong("\"(\" after " + word);
      const bool back = word == "last_year";
      std::string name =
          take_while(back ? "abcdefghijklmnopqrstuvwxyz0123456789_." : "abcdefghijklmnopqrstuvwxyz0123456789_");
      if (name.empty()) return wrong("a name");
      if (!take(')')) return wrong("\")\"");
      return Formula{back ? Formula::Kind::last_year : Formula::Kind::running, 0, std::move(name), {}};
    }
    return wrong("a name or a number");
  }

  Result<Formula> list(int depth, Formula::Kind kind, const std::string& word, std::size_t least) {
    if (!take('(')) return wrong("\"(\" after " + word);
    Formula formula;
    formula.kind = kind;
    do {
      auto part = sum(depth + 1);
      if (!part) return part;
      formula.of.push_back(std::move(*part));
    } while (take(','));
    if (formula.of.size() < least) return wrong("\",\"");
    if (!take(')')) return wrong("\",\" or \")\"");
    return formula;
  }

  Result<Formula> number(const std::string& word) {
    Formula formula;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), formula.number);
    if (error != std::errc() || end != word.data() + word.size()) return wrong("a number");
    return formula;
  }

  std::size_t skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_;
  }

  bool take(char wanted) {
    if (skip() == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::string take_while(std::string_view allowed) {
    const std::size_t begin = skip();
    at_ = std::min(text_.find_first_not_of(allowed, begin), text_.size());
    return std::string(text_.substr(begin, at_ - begin));
  }

  tl::unexpected<Refusal> wrong(std::string_view expected) const {
    return refuse(Code::invalid, "formula",
                  fmt::format("The formula \"{}\" needs {} at its character {}.", excerpt(text_), expected, at_ + 1));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void collect(const Formula& formula, std::vector<std::string>& found) {
  if (!formula.name.empty() && std::ranges::find(found, formula.name) == found.end()) found.push_back(formula.name);
  for (const Formula& side : formula.of) collect(side, found);
}

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

std::optional<double> mean_of(const std::vector<Formula>& parts, const Lookup& lookup) {
  double sum = 0;
  int there = 0;
  for (const Formula& part : parts)
    if (const auto value = evaluate(part, lookup)) {
      sum += *value;
      ++there;
    }
  return there == 0 ? std::nullopt : finite(sum / there);
}

// Of what was counted, as a share; nullopt where it is none.
std::optional<Share> share_of(const Formula& hits, const Formula& cases, const Lookup& lookup) {
  const auto above = evaluate(hits, lookup), below = evaluate(cases, lookup);
  if (!above || !below || *above < 0 || *below < 1 || *above > *below) return std::nullopt;
  return Share{std::llround(*above), std::llround(*below)};
}

std::optional<double> improving(const std::vector<Formula>& parts, const Lookup& lookup) {
  const Lookup before = [&](const std::string& name, Formula::Kind) { return lookup(name, Formula::Kind::last_year); };
  const auto now = share_of(parts[0], parts[1], lookup), then = share_of(parts[0], parts[1], before);
  if (!now || !then) return std::nullopt;
  const Interval change = difference(*now, *then);
  if (change.high < 0) return 0;
  if (change.low <= 0) return std::nullopt;
  bool known = true;
  for (std::size_t i = 2; i < parts.size(); ++i) {
    const auto present = evaluate(parts[i], lookup), past = evaluate(parts[i], before);
    if (present && past && *present < *past) return 0;
    known = known && present && past;
  }
  return known ? std::optional(1.0) : std::nullopt;
}

}  // namespace

Result<Formula> parse_formula(std::string_view text) { return Parser(text).whole(); }

std::vector<std::string> names(const Formula& formula) {
  std::vector<std::string> found;
  collect(formula, found);
  return found;
}

bool looks_back(const Formula& formula) {
  return mentions(formula, Formula::Kind::last_year) || mentions(formula, Formula::Kind::improving);
}

bool mentions(const Formula& formula, Formula::Kind kind) {
  return formula.kind == kind ||
         std::ranges::any_of(formula.of, [kind](const Formula& part) { return mentions(part, kind); });
}

std::optional<double> evaluate(const Formula& formula, const Lookup& lookup) {
  using enum Formula::Kind;
  if (formula.kind == number) return formula.number;
  if (formula.kind == name || formula.kind == running || formula.kind == last_year)
    return lookup(formula.name, formula.kind);
  if (formula.kind == mean) return mean_of(formula.of, lookup);
  if (formula.kind == Formula::Kind::improving) return traction::improving(formula.of, lookup);
  CHECK(formula.of.size() == 2);
  const auto left = evaluate(formula.of[0], lookup);
  const auto right = evaluate(formula.of[1], lookup);
  if (!left || !right) return std::nullopt;
  if (formula.kind == add) return finite(*left + *right);
  if (formula.kind == subtract) return finite(*left - *right);
  if (formula.kind == multiply) return finite(*left * *right);
  return *right == 0 ? std::nullopt : finite(*left / *right);
}

}  // namespace traction
