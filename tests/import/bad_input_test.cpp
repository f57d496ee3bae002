#include "import/office.h"

namespace traction {
namespace {

const std::string kCosts = R"(
[[record]]
type = "cost"
[record.fields]
about = "what"
amount_minor = "amount"
currency = "currency"
spent_on = "on"
)";

class BadInput : public Office {
 protected:
  // Imports one bad row between two good ones and gives what was said about it.
  Problem one(const std::string& row, const std::string& map = kCosts) {
    const auto report =
        good("what,amount,currency,on\ngood,1,USD,2020-01-01\n" + row + "\nfine,2,,2020-01-02\n", map, again_);
    EXPECT_EQ(report.rows_rejected, 1) << row;
    EXPECT_EQ(report.created.at("cost"), 2) << row;
    EXPECT_NE(rejected().find(row), std::string::npos);
    if (report.problems.empty()) return {};
    EXPECT_EQ(report.problems[0].row, 3);
    return report.problems[0];
  }
  ImportOptions again_{.again = true};
};

TEST_F(BadInput, RaggedRows) {
  EXPECT_EQ(one("short,1").column, "");
  EXPECT_EQ(one("long,1,USD,2020-01-01,more").column, "");
}

TEST_F(BadInput, NumbersOfAnotherForm) {
  EXPECT_EQ(one("x,\"13,75\",USD,2020-01-01").value, "13,75");
  EXPECT_EQ(one("x,1e308,USD,2020-01-01").column, "amount");
  EXPECT_EQ(one("x,99999999999999999999,USD,2020-01-01").column, "amount");
  EXPECT_EQ(one("x,13.755,USD,2020-01-01").column, "amount");
  EXPECT_EQ(one("x,$5,USD,2020-01-01").column, "amount");
  EXPECT_EQ(one("x,5,DOLLAR,2020-01-01").column, "currency");
  const std::string comma = "[file]\ndecimal = \",\"\ngrouping = \".\"\n" + kCosts;
  EXPECT_EQ(one("x,13.75,USD,2020-01-01", comma).value, "13.75");
  EXPECT_EQ(one("x,1.2345,USD,2020-01-01", comma).column, "amount");
  EXPECT_EQ(one("x,\"1.234,5.6\",USD,2020-01-01", comma).column, "amount");
  EXPECT_EQ(one("x,\"1.234567,5\",USD,2020-01-01", comma).column, "amount");
  EXPECT_EQ(one("x,\"1234.567,5\",USD,2020-01-01", comma).column, "amount");
  good("what,amount,currency,on\nright,\"-1.234.567,89\",USD,2020-01-01\n", comma, again_);
  EXPECT_EQ(named("cost", "about", "right").body.at("amount_minor"), -123'456'789);
}

TEST_F(BadInput, Dates) {
  EXPECT_EQ(one("x,1,USD,9999-01-01").column, "on");
  EXPECT_EQ(one("x,1,USD,2020-02-30").column, "on");
  EXPECT_EQ(one("x,1,USD,soon").value, "soon");
  const std::string declared = "[column.on]\ndate = \"%Y-%m-%d\"\n" + kCosts;
  EXPECT_EQ(one("x,1,USD,2020-01-01x", declared).column, "on");
  EXPECT_EQ(one("x,1,USD,2020-02-30", declared).column, "on");
  EXPECT_EQ(one("x,1,USD,9999-12-31", declared).column, "on");
}

TEST_F(BadInput, AmbiguousDateRefusesTheFile) {
  const Refusal ambiguous = bad("what,amount,currency,on\ngood,1,USD,2020-01-01\nx,1,USD,3/4/2017\n", kCosts);
  EXPECT_EQ(ambiguous.code, Code::invalid);
  EXPECT_NE(ambiguous.field.find("row 3, column on"), std::string::npos) << ambiguous.field;
  EXPECT_NE(ambiguous.sentence.find("%m/%d/%Y"), std::string::npos);
  EXPECT_NE(ambiguous.sentence.find("%d/%m/%Y"), std::string::npos);
  EXPECT_EQ(bad("what,amount,currency,on\nx,1,USD,13/4/2017\n", kCosts).code, Code::invalid);
}

TEST_F(BadInput, BytesThatAreNoText) {
  EXPECT_EQ(one(std::string("x\0y,1,USD,2020-01-01", 20)).column, "");
  const Refusal broken =
      bad("what,amount,currency,on\n\xC3\xA9t\xC3\xA9,1,USD,2020-01-01\nx\xFF,1,USD,2020-01-01\n", kCosts);
  EXPECT_EQ(broken.code, Code::invalid);
  EXPECT_NE(broken.field.find("row 3"), std::string::npos);
  EXPECT_NE(bad("what,amount,currency,on\ncaf\xE9,1,USD,2020-01-01\n", "[file]\nencoding = \"utf-8\"\n" + kCosts)
                .field.find("row 2"),
            std::string::npos);
  EXPECT_EQ(bad("\xFF\xFEw\0", kCosts).code, Code::invalid);
  const auto marked = good("\xEF\xBB\xBFwhat,amount,currency,on\nmarked,1,USD,2020-01-01\n", kCosts);
  EXPECT_EQ(marked.rows_rejected, 0);
}

TEST_F(BadInput, TooMuch) {
  EXPECT_EQ(one(std::string(10'000'000, 'x') + ",1,USD,2020-01-01").column, "");
  EXPECT_EQ(one(std::string(2'000, 'x') + ",1,USD,2020-01-01").column, "what");
  std::string wide = "what,amount,currency,on";
  for (int i = 0; i < 10'000; ++i) wide += fmt::format(",c{}", i);
  EXPECT_EQ(bad(wide + "\n", kCosts).code, Code::too_large);
}

TEST_F(BadInput, UnknownStageIsRejectedWithTheNearest) {
  const char* map = R"(
[pipeline]
name = "Sales"
stages = [ { name = "Open", kind = "open" }, { name = "Won", kind = "won" } ]
[[record]]
type = "deal"
[record.fields]
name = "n"
stage = "s"
)";
  const auto report = good("n,s\na,Open\nb,Wonn\nc,\n", map);
  EXPECT_EQ(report.rows_rejected, 2);
  EXPECT_EQ(report.problems.at(0).value, "Wonn");
  EXPECT_NE(report.problems.at(0).reason.find("\"Won\""), std::string::npos);
  EXPECT_EQ(report.problems.at(1).column, "s");
}

TEST_F(BadInput, RejectedFileOfAnotherEncodingComesBack) {
  const std::string map = "[file]\nencoding = \"windows-1252\"\n" + kCosts;
  const auto first = good("what,amount,currency,on\ncaf\xE9,x,USD,2020-01-01\n", map);
  EXPECT_EQ(first.rows_rejected, 1);
  std::string mended = rejected();
  mended.replace(mended.rfind(",x,USD"), 6, ",7,USD");
  EXPECT_EQ(good(mended, map).rows_rejected, 0);
  EXPECT_EQ(named("cost", "about", "caf\xC3\xA9").body.at("amount_minor"), 700);
}

TEST_F(BadInput, NothingIsWrittenWhenALaterFileIsBad) {
  const Seq before = ledger_->read()->head().seq;
  const std::string map = write("m.toml", kCosts);
  const ImportRun run = import_files(host(),
                                     {{write("a.csv", "what,amount,currency,on\na,1,USD,2020-01-01\n"), map},
                                      {write("b.csv", "what,amount,on\na,1,2020-01-01\n"), map}},
                                     {});
  ASSERT_TRUE(run.refusal);
  EXPECT_TRUE(run.reports.empty());
  EXPECT_EQ(ledger_->read()->head().seq, before);
}

}  // namespace
}  // namespace traction
