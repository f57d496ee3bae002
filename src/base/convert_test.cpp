#include "base/convert.h"

#include <gtest/gtest.h>

#include <limits>

namespace traction {
namespace {

TEST(ConvertTest, TakesTheRateAsTheDecimalItIsWrittenAs) {
  EXPECT_EQ(convert_minor(100'00, "EUR", 1.1, "USD"), 110'00);
  EXPECT_EQ(convert_minor(100, "EUR", 0.145, "USD"), 15) << "14.5 is a half, though the nearest double lies below";
  EXPECT_EQ(convert_minor(50, "EUR", 1.3499999999999999, "USD"), 68) << "what a decimal may become by being read";
  EXPECT_EQ(convert_minor(-100, "EUR", 0.145, "USD"), -15);
  EXPECT_EQ(convert_minor(1, "EUR", 0.4999999, "USD"), 0);
  EXPECT_EQ(convert_minor(0, "EUR", 7.0, "USD"), 0);
  EXPECT_EQ(convert_minor(3, "EUR", 1e5, "USD"), 300'000);
}

TEST(ConvertTest, MindsTheDecimalsOfBoth) {
  EXPECT_EQ(convert_minor(1'000, "JPY", 0.0075, "EUR"), 750);
  EXPECT_EQ(convert_minor(7'50, "EUR", 133.33, "JPY"), 1'000);
  EXPECT_EQ(convert_minor(1'000, "KWD", 3.25, "USD"), 325);
}

TEST(ConvertTest, GivesNothingWhereThereIsNothingToGive) {
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::infinity()})
    EXPECT_EQ(convert_minor(100, "EUR", rate, "USD"), std::nullopt);
  EXPECT_EQ(convert_minor(100, "XYZ", 1, "USD"), std::nullopt);
  EXPECT_EQ(convert_minor(1'000'000'000'000'000, "EUR", 1e5, "USD"), std::nullopt);
  EXPECT_EQ(convert_minor(1'000'000'000'000'000, "EUR", 1e-300, "USD"), 0);
  EXPECT_EQ(convert_minor(1, "EUR", 1e17, "USD"), 100'000'000'000'000'000);
}

}  // namespace
}  // namespace traction
