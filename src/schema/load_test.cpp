#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "schema/schema.h"

namespace traction {
namespace {

std::vector<DefinitionFile> shipped() {
  std::vector<DefinitionFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(TRACTION_SOURCE_DIR "/definitions/records")) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    files.push_back({"records/" + entry.path().filename().string(), text.str()});
  }
  return files;
}

Result<Schema> load(const std::string& text) {
  const std::vector<DefinitionFile> files = {{"records/thing.toml", text}};
  return Schema::load(files);
}

// A definition of five lines, to which `more` is added from line 6 on.
std::string thing(const std::string& more) {
  return "name = \"thing\"\nnumber = 1\nlabel = \"Thing\"\nplural = \"things\"\ntitle = \"name\"\n" + more;
}
const std::string kName = "[[field]]\nname = \"name\"\ntype = \"text\"\nlabel = \"Name\"\n";  // lines 6 to 9

TEST(SchemaLoad, takesAllShippedDefinitions) {
  const Result<Schema> schema = Schema::load(shipped());
  ASSERT_TRUE(schema) << to_string(schema.error());
  EXPECT_EQ(schema->types().size(), shipped().size());
  std::int32_t last = 0;
  for (const RecordType& type : schema->types()) {
    EXPECT_GT(type.number, last);
    last = type.number;
    EXPECT_EQ(schema->type(type.number), &type);
    EXPECT_EQ(schema->type(type.name), &type);
    EXPECT_EQ(&schema->need(type.name), &type);
    EXPECT_FALSE(type.about.empty()) << type.name;
    EXPECT_EQ(mart_columns(type).size(), type.fields.size());
    for (const Field& field : type.fields) EXPECT_EQ(type.field(field.name), &field);
  }
  EXPECT_EQ(schema->type("deals"), nullptr);
  EXPECT_EQ(schema->type(99), nullptr);
  EXPECT_EQ(schema->need("deal").field("stage")->references, "stage");
  EXPECT_TRUE(schema->need("deal").field("closed_at")->system);
  EXPECT_FALSE(schema->need("activity").small);
  EXPECT_TRUE(schema->need("workspace").single);
  EXPECT_EQ(schema->need("workspace").field("currency")->initial, json::value("USD"));
  // A new workspace works from Monday to Friday.
  EXPECT_EQ(schema->need("workspace").field("working_hours")->initial.at("friday"),
            json::value(json::array{json::array{"09:00", "17:00"}}));
}

TEST(SchemaLoad, isTheSameInAnyOrderOfFiles) {
  std::vector<DefinitionFile> files = shipped();
  const std::vector<std::string> names = Schema::load(files)->type_names();
  std::ranges::reverse(files);
  EXPECT_EQ(Schema::load(files)->type_names(), names);
}

TEST(SchemaLoad, namesTheLineOfEveryMistake) {
  struct Case {
    std::string more;
    Code code;
    int line;
  };
  const auto field = [](const std::string& lines) { return kName + "[[field]]\n" + lines; };  // lines from 11 on
  const std::vector<Case> cases = {
      {"colour = \"red\"\n" + kName, Code::unknown, 6},
      {"small = 1\n" + kName, Code::invalid, 6},
      {"", Code::required, 1},
      {"field = 3\n", Code::required, 6},
      {"[[field]]\nname = \"other\"\ntype = \"text\"\nlabel = \"Other\"\n", Code::unknown, 5},  // no title field
      {kName + "labl = \"Name\"\n", Code::unknown, 10},
      {kName + "required = \"yes\"\n", Code::invalid, 10},
      {kName + "max_length = -1\n", Code::invalid, 10},
      {kName + "max_length = 0\n", Code::invalid, 10},
      {kName + "min = 1.5\n", Code::invalid, 10},
      {kName + "min = 1\n", Code::invalid, 10},
      {kName + "choices = [\"a\"]\n", Code::invalid, 10},
      {kName + "references = \"thing\"\n", Code::invalid, 10},
      {kName + "initial = 3\n", Code::invalid, 10},
      {kName + "initial = 2017-12-31\n", Code::unknown, 0},  // a date is no mistake for a text
      {kName + "required = true\nsystem = true\n", Code::invalid, 11},
      {kName + "unique = true\npersonal = true\n", Code::invalid, 10},
      {field("name = \"name\"\ntype = \"text\"\nlabel = \"Again\"\n"), Code::duplicate, 11},
      {field("name = \"Size\"\ntype = \"text\"\nlabel = \"Size\"\n"), Code::invalid, 11},
      {field("name = \"created_at\"\ntype = \"instant\"\nlabel = \"Made\"\n"), Code::duplicate, 11},
      {field("name = \"size\"\ntype = \"text\"\n"), Code::required, 10},
      {field("name = \"size\"\ntype = \"txt\"\nlabel = \"Size\"\n"), Code::unknown, 12},
      {field("name = \"size\"\nlabel = \"Size\"\n"), Code::unknown, 10},
      {field("name = \"size\"\ntype = \"choice\"\nlabel = \"Size\"\n"), Code::required, 10},
      {field("name = \"size\"\ntype = \"choice\"\nlabel = \"Size\"\nchoices = [\"s\", \"s\"]\n"), Code::duplicate, 14},
      {field("name = \"size\"\ntype = \"choice\"\nlabel = \"Size\"\nchoices = [\"s \"]\n"), Code::invalid, 14},
      {field("name = \"size\"\ntype = \"choice\"\nlabel = \"Size\"\nchoices = [1]\n"), Code::invalid, 14},
      {field("name = \"size\"\ntype = \"choice\"\nlabel = \"Size\"\nchoices = [\"s\"]\ninitial = \"m\"\n"),
       Code::unknown, 15},
      {field("name = \"box\"\ntype = \"reference\"\nlabel = \"Box\"\nreferences = \"thng\"\n"), Code::unknown, 14},
      {field("name = \"box\"\ntype = \"reference\"\nlabel = \"Box\"\n"), Code::required, 10},
      {field("name = \"worth\"\ntype = \"money\"\nlabel = \"Worth\"\n"), Code::invalid, 11},
      {field("name = \"worth_minor\"\ntype = \"money\"\nlabel = \"Worth\"\n"), Code::invalid, 12},
      {field("name = \"n\"\ntype = \"integer\"\nlabel = \"N\"\nsearchable = true\n"), Code::invalid, 14},
      {field("name = \"n\"\ntype = \"integer\"\nlabel = \"N\"\nmin = 2\nmax = 1\n"), Code::invalid, 14},
      {field("name = \"n\"\ntype = \"boolean\"\nlabel = \"N\"\nunique = true\n"), Code::invalid, 14},
      {kName + "about = \"never closed\n", Code::invalid, 10},
      {kName + "about = \"\xff\"\n", Code::invalid, 10},
  };
  for (const Case& c : cases) {
    const Result<Schema> schema = load(thing(c.more));
    if (c.line == 0) {
      EXPECT_TRUE(schema) << c.more;
      continue;
    }
    ASSERT_FALSE(schema) << c.more;
    EXPECT_EQ(name(schema.error().code), name(c.code)) << c.more << to_string(schema.error());
    EXPECT_EQ(schema.error().field, fmt::format("records/thing.toml:{}", c.line))
        << c.more << to_string(schema.error());
  }
  EXPECT_EQ(load("number = 1\n" + kName).error().field, "records/thing.toml:1");
  EXPECT_EQ(load("").error().field, "records/thing.toml:1");
  EXPECT_FALSE(load(std::string(100'000, '[')));
}

TEST(SchemaLoad, refusesTwoTypesOfOneNameOrNumber) {
  std::string other = thing(kName);
  const auto second = [&](const std::string& from, const std::string& to) {
    std::string text = other;
    text.replace(text.find(from), from.size(), to);
    const std::vector<DefinitionFile> files = {{"a.toml", other}, {"b.toml", text}};
    return Schema::load(files);
  };
  EXPECT_EQ(second("number = 1", "number = 2").error().field, "b.toml:1");  // the same name
  const Result<Schema> same_number = second("name = \"thing\"", "name = \"other\"");
  EXPECT_EQ(same_number.error().code, Code::duplicate);
  EXPECT_EQ(same_number.error().field, "a.toml:2");
  EXPECT_EQ(second("number = 1", "number = -1").error().code, Code::duplicate);
}

TEST(SchemaCustomField, standsAtTheEndAndChecksLikeAnyOther) {
  const Schema schema = *load(thing(kName));
  Field size;
  size.name = "size";
  size.label = "Size";
  size.type = FieldType::choice;
  size.choices = {"small", "large"};
  const Result<Schema> more = schema.with_field("thing", size);
  ASSERT_TRUE(more) << to_string(more.error());
  EXPECT_EQ(more->need("thing").fields.back().name, "size");
  EXPECT_TRUE(more->need("thing").fields.back().custom);
  EXPECT_EQ(schema.need("thing").fields.size(), 1u);
  EXPECT_TRUE(validate(more->need("thing"), {{"name", "x"}, {"size", "large"}}, true));

  const auto refused = [&](auto&& change) {
    Field field = size;
    change(field);
    return more->with_field("thing", field).error();
  };
  EXPECT_EQ(more->with_field("thng", size).error().code, Code::unknown);
  EXPECT_EQ(refused([](Field&) {}).code, Code::duplicate);
  EXPECT_EQ(refused([](Field& f) { f.name = "size two"; }).field, "name");
  EXPECT_EQ(refused([](Field& f) { f.name = "id"; }).code, Code::duplicate);
  EXPECT_EQ(refused([](Field& f) { f.name = "two", f.required = true; }).code, Code::rule);
  EXPECT_EQ(refused([](Field& f) { f.name = "two", f.system = true; }).code, Code::rule);
  EXPECT_EQ(refused([](Field& f) { f.name = "two", f.choices.clear(); }).code, Code::required);
  EXPECT_EQ(refused([](Field& f) { f.name = "two", f.label = " "; }).code, Code::required);
}

}  // namespace
}  // namespace traction
