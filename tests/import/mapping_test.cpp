#include "app/import/mapping.h"

#include "import/office.h"

namespace traction {
namespace {

Refusal wrong(const std::string& text) {
  static const Schema schema = shipped_schema();
  const auto mapping = parse_mapping("m.toml", text, schema);
  EXPECT_FALSE(mapping) << text;
  return mapping ? Refusal{} : mapping.error();
}

const std::string kRecord = "[[record]]\ntype = \"contact\"\n[record.fields]\nname = \"n\"\n";

TEST(Mapping, ShippedOnesAreGood) {
  const Schema schema = shipped_schema();
  for (const auto& file : std::filesystem::directory_iterator(kTemplates)) {
    const auto mapping = parse_mapping(file.path().string(), read_all(file.path().string()), schema);
    EXPECT_TRUE(mapping) << (mapping ? "" : to_string(mapping.error()));
    EXPECT_TRUE(mapping && !mapping->file.empty());
  }
}

TEST(Mapping, NamesTheLineOfAMistake) {
  struct {
    const char* text;
    Code code;
    const char* place;
  } const cases[] = {
      {"[[record]\n", Code::invalid, "m.toml:1"},
      {"", Code::required, "m.toml:1"},
      {"[[record]]\ntype = \"deel\"\n", Code::unknown, "m.toml:1"},
      {"[[record]]\ntype = \"import\"\n", Code::unknown, "m.toml:1"},
      {"[fiel]\n", Code::unknown, "m.toml:1"},
      {"[file]\n\ndelimitr = \";\"\n[[record]]\ntype = \"contact\"\n", Code::unknown, "m.toml:3"},
      {"[file]\ndelimiter = \";;\"\n", Code::invalid, "m.toml:1"},
      {"[file]\ndecimal = \"x\"\n", Code::invalid, "m.toml:1"},
      {"[file]\ndecimal = \",\"\ngrouping = \",\"\n", Code::invalid, "m.toml:1"},
      {"[file]\ndate = \"%m/%d\"\n", Code::invalid, "m.toml:1"},
      {"[column.a]\nvalues = { x = 1 }\n", Code::invalid, "m.toml:2"},
      {"[pipeline]\nname = \"P\"\nstages = [ { name = \"S\", kind = \"one\" } ]\n", Code::unknown, "m.toml:3"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nnam = \"n\"\n", Code::unknown, "m.toml:4"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nemail = \"e\"\n", Code::required, "m.toml:1"},
      {"[[record]]\ntype = \"contact\"\nsame = \"merge\"\n[record.fields]\nname = \"n\"\n", Code::unknown, "m.toml:1"},
      {"[[record]]\ntype = \"contact\"\nkey = \"email\"\n[record.fields]\nname = \"n\"\n", Code::required, "m.toml:1"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = 5\n", Code::invalid, "m.toml:4"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = { column = \"a\", value = \"b\" }\n", Code::invalid,
       "m.toml:4"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = \"n\"\naccount = { column = \"a\", by = \"nme\" }\n",
       Code::unknown, "m.toml:5"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = \"n\"\naccount = { record = \"x\" }\n", Code::unknown,
       "m.toml:5"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = \"n\"\naccount = { column = \"a\", missing = \"x\" }\n",
       Code::unknown, "m.toml:5"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = { column = \"n\", by = \"name\" }\n", Code::invalid,
       "m.toml:4"},
      {"[[record]]\ntype = \"deal\"\n[record.fields]\nname = \"n\"\nstage = \"s\"\nclosed_at = \"c\"\n", Code::invalid,
       "m.toml:6"},
      {"[[record]]\ntype = \"contact\"\n[record.fields]\nname = \"n\"\n[[record.history]]\nstage = \"s\"\non = \"d\"\n",
       Code::invalid, "m.toml:5"},
      {"[[record]]\ntype = \"deal\"\n[record.fields]\nname = \"n\"\n[[record.history]]\nstage = \"s\"\n",
       Code::required, "m.toml:5"},
      {"[[record]]\ntype = \"activity\"\n[record.fields]\nkind = \"k\"\n", Code::required, "m.toml:1"},
  };
  for (const auto& each : cases) {
    const Refusal refusal = wrong(each.text);
    EXPECT_EQ(refusal.code, each.code) << each.text << refusal.sentence;
    EXPECT_EQ(refusal.field, each.place) << each.text << refusal.sentence;
  }
  EXPECT_EQ(wrong(kRecord + kRecord).code, Code::duplicate);
}

TEST_F(Office, AMappingMustFitItsFile) {
  const Refusal missing = bad("nme\nx\n", kRecord);
  EXPECT_EQ(missing.code, Code::unknown);
  EXPECT_NE(missing.field.find("map.toml:4"), std::string::npos);
  EXPECT_EQ(bad("n,n\nx,y\n", kRecord).code, Code::duplicate);
  EXPECT_EQ(bad("n\nx\n", "[file]\nzone = \"Mars/Base\"\n" + kRecord).code, Code::unknown);
  const ImportSource nowhere{write("rows.csv", "n\nx\n"), directory_ + "/none.toml"};
  EXPECT_EQ(import_file(host(), nowhere, {}).error().code, Code::not_found);
  EXPECT_EQ(pair_files(directory_, directory_ + "/none", schema_).error().code, Code::not_found);
  const Refusal unpaired = pair_files(directory_, kTemplates, schema_).error();
  EXPECT_EQ(unpaired.code, Code::not_found);
  EXPECT_NE(unpaired.field.find("accounts.csv"), std::string::npos);
}

}  // namespace
}  // namespace traction
