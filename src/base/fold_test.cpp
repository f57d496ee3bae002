#include "base/fold.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

TEST(Fold, MakesCapitalsSmall) {
  EXPECT_EQ(folded("Ada LOVELACE 42"), "ada lovelace 42");
  EXPECT_EQ(folded("ÄÖÜ ÉÀÑ Ø Þ"), "äöü éàñ ø þ");
  EXPECT_EQ(folded("ŁÓDŹ ČAPEK ŞĞ Ÿ"), "łódź čapek şğ ÿ");
  EXPECT_EQ(folded("ΑΘΉΝΑ ΏΡΑ Ό"), "αθήνα ώρα ό");
  EXPECT_EQ(folded("МОСКВА Ёж ЂЏ Қ"), "москва ёж ђџ қ");
}

TEST(Fold, EndSigmaIsASigma) { EXPECT_EQ(folded("ΟΔΟΣ"), folded("οδος")); }

TEST(Fold, LeavesOtherThingsAsTheyAre) {
  EXPECT_EQ(folded(""), "");
  EXPECT_EQ(folded("×÷ ß 東京 🙂"), "×÷ ß 東京 🙂");
  EXPECT_EQ(folded("\xC3"), "\xC3");
  EXPECT_EQ(folded("\xC3(\xFF"), "\xC3(\xFF");
}

TEST(Fold, Twice) {
  std::string letters;
  for (unsigned c = 0x80; c < 0x800; ++c) {
    letters += static_cast<char>(0xC0 | c >> 6);
    letters += static_cast<char>(0x80 | (c & 0x3F));
  }
  EXPECT_EQ(folded(folded(letters)), folded(letters));
  EXPECT_EQ(folded(letters).size(), letters.size());
}

}  // namespace
}  // namespace traction
