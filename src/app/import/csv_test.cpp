#include "app/import/csv.h"

#include <gtest/gtest.h>

namespace traction {
namespace {

std::unique_ptr<CsvFile> good(std::string bytes, const CsvOptions& options = {}) {
  auto file = CsvFile::read("t.csv", std::move(bytes), options);
  EXPECT_TRUE(file) << (file ? "" : to_string(file.error()));
  return file ? std::move(*file) : nullptr;
}

CsvOptions with(std::string encoding) {
  CsvOptions options;
  options.encoding = std::move(encoding);
  return options;
}

Refusal bad(std::string bytes, const CsvOptions& options = {}) {
  auto file = CsvFile::read("t.csv", std::move(bytes), options);
  EXPECT_FALSE(file);
  return file ? Refusal{} : file.error();
}

struct Taken {
  std::int64_t number;
  std::vector<std::string> cells;
  bool problem;
  std::string raw;
};

std::vector<Taken> all(CsvFile& file) {
  std::vector<Taken> rows;
  for (CsvRow row; file.next(row);)
    rows.push_back({row.number, {row.cells.begin(), row.cells.end()}, !row.problem.empty(), std::string(row.raw)});
  return rows;
}

using Cells = std::vector<std::string>;

TEST(Csv, QuotesLineBreaksAndMixedLineEnds) {
  auto file = good("id,name\r\n1,\"a \"\"b\"\"\nc\"\n\n2,x,\r3,\r\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->rows(), 3);
  const auto rows = all(*file);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].number, 2);
  EXPECT_EQ(rows[0].cells, (Cells{"1", "a \"b\"\nc"}));
  EXPECT_EQ(rows[1].number, 4);  // the empty line is row 3
  EXPECT_TRUE(rows[1].problem);
  EXPECT_EQ(rows[1].raw, "2,x,");
  EXPECT_EQ(rows[2].cells, (Cells{"3", ""}));
  file->rewind();
  EXPECT_EQ(all(*file).size(), 3u);
}

TEST(Csv, FindsTheDelimiter) {
  EXPECT_EQ(good("a;b,c;d\n")->delimiter(), ';');
  EXPECT_EQ(good("a\tb\n")->delimiter(), '\t');
  EXPECT_EQ(good("a|b|c\n")->delimiter(), '|');
  EXPECT_EQ(good("\"a;;;\",b\n")->delimiter(), ',');
  EXPECT_EQ(good("a;b\n", CsvOptions{.encoding = "", .delimiter = ','})->header(), (Cells{"a;b"}));
}

TEST(Csv, KnowsEncodings) {
  EXPECT_EQ(good("\xEF\xBB\xBFname\nZo\xC3\xAB\n")->header(), (Cells{"name"}));
  auto latin = good("name\nZo\xEB\n");
  EXPECT_EQ(latin->encoding(), "windows-1252");
  EXPECT_TRUE(latin->encoding_detected());
  EXPECT_EQ(all(*latin)[0].cells, (Cells{"Zo\xC3\xAB"}));
  EXPECT_EQ(all(*good("name\n\x80\n", with("windows-1252")))[0].cells, (Cells{"\xE2\x82\xAC"}));
  EXPECT_EQ(all(*good("name\nZo\xEB\n", with("latin-1")))[0].cells, (Cells{"Zo\xC3\xAB"}));
  const std::string wide("n\0a\0\n\0\xEB\0b\0\n\0", 12);
  EXPECT_EQ(all(*good("\xFF\xFE" + wide))[0].cells, (Cells{"\xC3\xAB"
                                                           "b"}));
  EXPECT_EQ(good(wide)->encoding(), "utf-16le");
  EXPECT_EQ(good(std::string("\xFE\xFF\0n\0\n\0b", 8))->header(), (Cells{"n"}));
}

TEST(Csv, NamesTheByteThatIsNotOfTheEncoding) {
  // The good two-byte letter before it shows that the file is UTF-8 and damaged, not Windows-1252.
  const Refusal wrong = bad("name\nok\n\"a\nb\"\n\xFF\xC3\xA4\n");
  EXPECT_EQ(wrong.code, Code::invalid);
  EXPECT_EQ(wrong.field, "t.csv, row 4");
  EXPECT_NE(wrong.sentence.find("Byte 15"), std::string::npos) << wrong.sentence;
  EXPECT_EQ(bad("name\nZo\xEB\n", with("utf-8")).field, "t.csv, row 2");
  EXPECT_EQ(bad(std::string("\xFF\xFEn\0\n\0\0\xD8", 8)).field, "t.csv, row 2");  // half a surrogate pair
  EXPECT_EQ(bad("name\n", with("klingon")).code, Code::unknown);
}

TEST(Csv, RefusesWhatIsNoTable) {
  EXPECT_EQ(bad("").code, Code::invalid);
  EXPECT_EQ(bad("\n1,2\n").code, Code::invalid);
  EXPECT_EQ(bad("PK\x03\x04zip").code, Code::invalid);
  EXPECT_EQ(bad("id,name\n1,\"open\n2,b\n").field, "t.csv, row 2");
  std::string wide = "c";
  for (int i = 0; i < 9'999; ++i) wide += ",c";
  EXPECT_EQ(bad(wide + "\n").code, Code::too_large);
  EXPECT_EQ(CsvFile::open("/nowhere/at/all.csv", {}).error().code, Code::not_found);
  EXPECT_EQ(CsvFile::open("/", {}).error().code, Code::invalid);
}

TEST(Csv, SingleRowsThatCannotBeRead) {
  const std::string nul("a\0b", 3);
  auto file = good("id,name\n1,\"a\"b\n2," + nul + "\n3," + std::string(10'000'000, 'x') + "\n4,ok\n");
  const auto rows = all(*file);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_TRUE(rows[0].problem);
  EXPECT_TRUE(rows[1].problem);
  EXPECT_TRUE(rows[2].problem);
  EXPECT_EQ(rows[2].raw.size(), 10'000'002u);
  EXPECT_FALSE(rows[3].problem);
}

TEST(Csv, WritesCellsThatReadBack) {
  const Cells cells{"plain", "a,b", "say \"x\"", " edge ", "two\nlines", ""};
  std::string line;
  for (const auto& cell : cells) line += (line.empty() ? "" : ",") + csv_cell(cell);
  EXPECT_EQ(all(*good("a,b,c,d,e,f\n" + line + "\n"))[0].cells, cells);
}

}  // namespace
}  // namespace traction
