#include "metrics/formula.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace traction {
namespace {

std::optional<double> value(std::string_view text, std::optional<double> b = 3) {
  const auto formula = parse_formula(text);
  EXPECT_TRUE(formula) << to_string(formula.error());
  return evaluate(*formula, [&](const std::string& name, Formula::Kind how) -> std::optional<double> {
    if (how == Formula::Kind::running) return 100;
    if (how == Formula::Kind::last_year) return 50;
    return name == "a" ? 6 : name == "b" ? b : name == "a.p75" ? 8 : std::optional<double>();
  });
}

TEST(Formula, FollowsTheRulesOfArithmetic) {
  EXPECT_EQ(value("a + b * 2"), 12);
  EXPECT_EQ(value("(a + b) * 2"), 18);
  EXPECT_EQ(value("a - b - 1"), 2);  // from left to right
  EXPECT_EQ(value("a / b / 2"), 1);
  EXPECT_EQ(value("  a/ ( b+0.5 -.5 )"), 2);
  EXPECT_EQ(value("a.p75"), 8);
  EXPECT_EQ(value("running(a) / 4"), 25);
  EXPECT_EQ(value("last_year(a.p75) / 4"), 12.5);
}

TEST(Formula, HasNoValueWhereSomethingIsMissingOrADivisorIsZero) {
  EXPECT_EQ(value("a / b", 0), std::nullopt);
  EXPECT_EQ(value("a / (b - b)"), std::nullopt);
  EXPECT_EQ(value("a + c"), std::nullopt);
  EXPECT_EQ(value("0 * c"), std::nullopt);
  EXPECT_EQ(value("a * b", std::numeric_limits<double>::max()), std::nullopt);
}

TEST(Formula, PassesOverWhatIsMissingInAMean) {
  EXPECT_EQ(value("mean(a, b)"), 4.5);
  EXPECT_EQ(value("mean(a, c, b / 0)"), 6);
  EXPECT_EQ(value("2 * mean(a + b)"), 18);
  EXPECT_EQ(value("mean(c)"), std::nullopt);
  EXPECT_THAT(names(parse_formula("mean(a, b / a, c)").value()), testing::ElementsAre("a", "b", "c"));
}

TEST(Formula, ImprovesByMoreThanChanceAlone) {
  using Numbers = std::map<std::string, double>;
  const auto verdict = [](const Numbers& now, const Numbers& then) {
    return evaluate(parse_formula("improving(won, won + lost, won, size)").value(),
                    [&](const std::string& name, Formula::Kind how) -> std::optional<double> {
                      const Numbers& numbers = how == Formula::Kind::last_year ? then : now;
                      const auto found = numbers.find(name);
                      return found == numbers.end() ? std::nullopt : std::optional(found->second);
                    });
  };
  const Numbers before{{"won", 8}, {"lost", 32}, {"size", 100}};
  EXPECT_EQ(verdict({{"won", 20}, {"lost", 20}, {"size", 100}}, before), 1);
  EXPECT_EQ(verdict({{"won", 20}, {"lost", 20}, {"size", 99}}, before), 0);  // smaller deals
  EXPECT_EQ(verdict({{"won", 7}, {"lost", 1}, {"size", 200}}, before), 0);   // the rate rose because leads fell
  EXPECT_EQ(verdict({{"won", 10}, {"lost", 30}, {"size", 100}}, before), std::nullopt);  // by chance
  EXPECT_EQ(verdict(before, {{"won", 20}, {"lost", 20}, {"size", 50}}), 0);
  EXPECT_EQ(verdict({{"won", 20}, {"lost", 20}}, before), std::nullopt);  // of what size nobody knows
  EXPECT_EQ(verdict({{"won", 20}, {"lost", 20}, {"size", 100}}, {}), std::nullopt);
  EXPECT_EQ(verdict({{"won", 0}, {"lost", 0}, {"size", 100}}, before), std::nullopt);
  EXPECT_TRUE(looks_back(parse_formula("1 + improving(a, b)").value()));
}

TEST(Formula, NamesEachOnce) {
  EXPECT_THAT(names(parse_formula("won / (won + lost.p75) * running(created)").value()),
              testing::ElementsAre("won", "lost.p75", "created"));
}

TEST(Formula, RefusesWhatIsNoFormula) {
  for (const char* text : {"",
                           "  ",
                           "a +",
                           "* a",
                           "a b",
                           "(a",
                           "a)",
                           "a / / b",
                           "1.2.3",
                           ".",
                           "a; drop table deal",
                           "running",
                           "running(",
                           "running()",
                           "running(a",
                           "A",
                           "a & b",
                           "-a",
                           "1e5",
                           "mean",
                           "mean()",
                           "mean(a",
                           "mean(a,)",
                           "improving",
                           "improving(a)",
                           "improving(a,)"})
    EXPECT_EQ(parse_formula(text).error().code, Code::invalid) << text;
  EXPECT_EQ(parse_formula(std::string(5000, '(')).error().code, Code::too_large);
}

}  // namespace
}  // namespace traction
