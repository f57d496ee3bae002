#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/money.h"
#include "schema/schema.h"

namespace traction {
namespace {

const RecordType& thing() {
  static const Schema schema = [] {
    const std::vector<DefinitionFile> files = {{"thing.toml", R"(
name = "thing"
number = 1
label = "Thing"
plural = "things"
title = "name"
[[field]]
name = "name"
type = "text"
label = "Name"
required = true
searchable = true
personal = true
max_length = 10
[[field]]
name = "external_id"
type = "text"
label = "External id"
unique = true
[[field]]
name = "code"
type = "integer"
label = "Code"
unique = true
min = 0
max = 100
[[field]]
name = "ratio"
type = "decimal"
label = "Ratio"
min = -5
[[field]]
name = "hot"
type = "boolean"
label = "Hot"
initial = true
[[field]]
name = "day"
type = "date"
label = "Day"
[[field]]
name = "moment"
type = "instant"
label = "Moment"
[[field]]
name = "length_seconds"
type = "duration"
label = "Length"
[[field]]
name = "price_minor"
type = "money"
label = "Price"
[[field]]
name = "currency"
type = "currency"
label = "Currency"
[[field]]
name = "size"
type = "choice"
label = "Size"
choices = ["small", "large"]
initial = "small"
required = true
[[field]]
name = "parent"
type = "reference"
references = "thing"
label = "Parent"
[[field]]
name = "hours"
type = "calendar"
label = "Hours"
[[field]]
name = "since"
type = "instant"
label = "Since"
system = true
[[field]]
name = "town"
type = "text"
label = "Town"
searchable = true
)"}};
    return *Schema::load(files);
  }();
  return schema.types()[0];
}

const Field& field(std::string_view name) { return *thing().field(name); }

std::string stored(std::string_view name, std::string_view value) {
  const Result<json::value> result = to_stored(field(name), *parse_json(value));
  return result ? json::serialize(*result) : std::string(traction::name(result.error().code));
}

TEST(ToStored, takesEachKindInItsForm) {
  EXPECT_EQ(stored("name", "\"Ü\""), "\"Ü\"");
  EXPECT_EQ(stored("code", "7"), "7");
  EXPECT_EQ(stored("ratio", "7"), "7E0");  // one kind of number, whatever the client wrote
  EXPECT_EQ(stored("ratio", "0.25"), "2.5E-1");
  EXPECT_EQ(stored("hot", "false"), "false");
  EXPECT_EQ(stored("day", "\"2016-02-29\""), "\"2016-02-29\"");
  EXPECT_EQ(stored("moment", "\"1970-01-01T01:00:00.5+01:00\""), "500000");
  EXPECT_EQ(stored("moment", "500000"), "500000");
  EXPECT_EQ(stored("length_seconds", "-3"), "-3");
  EXPECT_EQ(stored("price_minor", "1375"), "1375");
  EXPECT_EQ(stored("currency", "\"EUR\""), "\"EUR\"");
  EXPECT_EQ(stored("size", "\"large\""), "\"large\"");
  EXPECT_EQ(stored("parent", "12"), "12");
  EXPECT_EQ(stored("hours", R"({"holidays": ["2017-12-25"], "monday": [["09:00","17:00"]], "sunday": []})"),
            R"({"monday":[["09:00","17:00"]],"holidays":["2017-12-25"]})");
  for (const Field& f : thing().fields) EXPECT_TRUE(to_stored(f, nullptr)->is_null()) << f.name;
  EXPECT_EQ(stored("name", "\" \\t\""), "null");
}

TEST(ToStored, refusesWhatIsNotOfTheKind) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong = {
      {"name", {"1", "true", "[]", "{}"}},
      {"code", {"\"7\"", "7.0", "1e3", "-1", "101", "18446744073709551615", "{\"new\":1}"}},
      {"ratio", {"\"0.5\"", "1e19", "-1e308", "-5.1"}},
      {"hot", {"1", "\"true\"", "0"}},
      {"day", {"20171231", "\"2017-02-30\"", "\"31.12.2017\"", "\"9999-12-31\"", "\"1899-12-31\"", "\"\""}},
      {"moment",
       {"\"2017-12-31\"", "\"2017-12-31T09:30:00\"", "1.5", "\"9999-01-01T00:00:00Z\"", "253370764800000000",
        "-2208988800000001", "7258118400000000", "\"2199-12-31T23:59:59-12:00\""}},
      {"length_seconds", {"1.5", "\"90\"", "9223372036854775807", "31556952001"}},
      {"price_minor", {"13.75", "\"13.75\"", "1e308", "1000000000000001", "-1000000000000001"}},
      {"parent", {"0", "-1", "\"12\"", "1.5"}},
      {"hours", {"\"9-5\"", "[]", R"({"monday": [["17:00","09:00"]]})"}},
  };
  for (const auto& [name, values] : wrong)
    for (const std::string& value : values) EXPECT_EQ(stored(name, value), "invalid") << name << " " << value;
  EXPECT_EQ(stored("name", "\"01234567890\""), "too_large");
  EXPECT_EQ(stored("size", "\"Large\""), "unknown");
  EXPECT_EQ(stored("currency", "\"eur\""), "unknown");
  EXPECT_EQ(stored("currency", "\"\""), "unknown");
  EXPECT_EQ(to_stored(field("ratio"), std::numeric_limits<double>::quiet_NaN()).error().code, Code::invalid);
  EXPECT_EQ(to_stored(field("name"), json::string_view("a\0b", 3)).error().code, Code::invalid);
  EXPECT_EQ(to_stored(field("name"), "\xff").error().code, Code::invalid);
  EXPECT_EQ(to_stored(field("name"), json::string(10'000'000, 'x')).error().code, Code::too_large);
  EXPECT_EQ(to_stored(field("code"), 101).error().field, "code");
  EXPECT_EQ(to_stored(field("hours"), {{"monday", 1}}).error().field, "hours.monday");
}

std::string from(std::string_view name, std::string_view text, std::string_view currency = "EUR") {
  const Result<json::value> result = from_text(field(name), text, currency);
  return result ? json::serialize(*result) : std::string(traction::name(result.error().code));
}

TEST(FromText, readsWhatPeopleAndFilesWrite) {
  EXPECT_EQ(from("name", " a b "), "\" a b \"");
  EXPECT_EQ(from("code", " 42\t"), "42");
  EXPECT_EQ(from("ratio", "-0.5"), "-5E-1");
  for (const char* yes : {"true", "Yes", "1", "TRUE"}) EXPECT_EQ(from("hot", yes), "true");
  for (const char* no : {"false", "no", "0"}) EXPECT_EQ(from("hot", no), "false");
  EXPECT_EQ(from("day", "2017-12-31"), "\"2017-12-31\"");
  EXPECT_EQ(from("moment", "1970-01-01T00:00:01Z"), "1000000");
  EXPECT_EQ(from("length_seconds", "90"), "90");
  EXPECT_EQ(from("price_minor", "13.75"), "1375");
  EXPECT_EQ(from("price_minor", "13", "JPY"), "13");
  EXPECT_EQ(from("currency", "JPY"), "\"JPY\"");
  EXPECT_EQ(from("size", "small"), "\"small\"");
  EXPECT_EQ(from("parent", "17"), "17");
  EXPECT_EQ(from("hours", R"({"monday": []})"), "{}");
  for (const Field& f : thing().fields) EXPECT_TRUE(from_text(f, "", "EUR")->is_null()) << f.name;
  for (const Field& f : thing().fields) EXPECT_TRUE(from_text(f, "  ", "EUR")->is_null()) << f.name;
}

TEST(FromText, refusesBadInput) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong = {
      {"name", {std::string("a\0b", 3), "\xff\xfe", "caf\xe9"}},
      {"code", {"4,2", "4.2", "0x10", "+4", "99999999999999999999", "1e3", "42x", "101"}},
      {"ratio", {"13,75", "1e308", "nan", "inf", "1.2.3", "1 000", "0x1p3", "1000000000000000000000"}},
      {"hot", {"2", "si", "truest", "TRUE!"}},
      {"day", {"31/12/2017", "01/02/2017", "9999-12-31", "2017-13-01", "2017-1-1", "today"}},
      {"moment", {"2017-12-31", "9999-12-31T00:00:00Z", "1514712600"}},
      {"price_minor", {"13,75", "1e308", "13.755", "1,234.50", "€13", "99999999999999999999"}},
      {"parent", {"0", "-4", "Acme"}},
      {"hours", {"9-5", "{", "[1]"}},
  };
  for (const auto& [name, texts] : wrong)
    for (const std::string& text : texts) {
      const Result<json::value> result = from_text(field(name), text, "EUR");
      ASSERT_FALSE(result) << name << " " << text;
      EXPECT_EQ(result.error().code, Code::invalid) << name << " " << text;
      EXPECT_EQ(result.error().field, name) << text;
      EXPECT_TRUE(is_text(result.error().sentence)) << text;
      EXPECT_LT(result.error().sentence.size(), 300u);
    }
  EXPECT_EQ(from("size", "medium"), "unknown");
  EXPECT_EQ(from("name", std::string(10'000'000, 'x')), "too_large");
  EXPECT_EQ(from("day", std::string(10'000'000, '1')), "invalid");
  const Result<json::value> no_currency = from_text(field("price_minor"), "13.75", "XYZ");
  EXPECT_EQ(no_currency.error().code, Code::unknown);
  EXPECT_EQ(no_currency.error().field, "currency");
}

TEST(ToText, readsBackAsItself) {
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"name", "Ünal"},
                                                        {"code", "42"},
                                                        {"ratio", "-0.125"},
                                                        {"hot", "false"},
                                                        {"day", "2017-12-31"},
                                                        {"length_seconds", "90"},
                                                        {"price_minor", "13.75"},
                                                        {"currency", "EUR"},
                                                        {"size", "large"},
                                                        {"parent", "12"},
                                                        {"moment", "2017-12-31T09:30:00.25Z"},
                                                        {"ratio", "0.1"},
                                                        {"ratio", "1000000"},
                                                        {"hours", R"({"monday":[["09:00","17:00"]]})"}})
    EXPECT_EQ(to_text(field(name), *from_text(field(name), text, "EUR"), "EUR"), text) << name;
  for (const Field& f : thing().fields) EXPECT_EQ(to_text(f, nullptr, "EUR"), "");
}

TEST(Validate, ordersFillsAndRequires) {
  const Result<json::object> made = validate(thing(), {{"parent", 3}, {"day", nullptr}, {"name", "x"}}, true);
  ASSERT_TRUE(made) << to_string(made.error());
  EXPECT_EQ(json::serialize(*made), R"({"name":"x","hot":true,"size":"small","parent":3})");

  const Result<json::object> changed = validate(thing(), {{"hot", nullptr}, {"code", 5}}, false);
  ASSERT_TRUE(changed) << to_string(changed.error());
  EXPECT_EQ(json::serialize(*changed), R"({"code":5,"hot":null})");
  EXPECT_TRUE(validate(thing(), {}, false)->empty());

  EXPECT_EQ(validate(thing(), {}, true).error(), (Refusal{Code::required, "name", "Thing needs \"Name\"."}));
  for (const bool creating : {true, false}) {
    EXPECT_EQ(validate(thing(), {{"name", " "}}, creating).error().code, Code::required);
    EXPECT_EQ(validate(thing(), {{"name", "x"}, {"nane", "x"}}, creating).error().code, Code::unknown);
    EXPECT_EQ(validate(thing(), {{"name", "x"}, {"since", 1}}, creating).error().code, Code::forbidden);
    EXPECT_EQ(validate(thing(), {{"name", "x"}, {"code", -1}}, creating).error().field, "code");
  }
  EXPECT_EQ(validate(thing(), {{"size", nullptr}}, false).error().field, "size");
}

TEST(Validate, keepsWhatItStoredOnASecondPass) {
  const json::object all{{"name", "x"},       {"external_id", "e"},   {"code", 1},
                         {"ratio", 0.5},      {"hot", false},         {"day", "2017-12-31"},
                         {"moment", 5},       {"length_seconds", 60}, {"price_minor", kLargestMinor},
                         {"currency", "EUR"}, {"size", "large"},      {"parent", 1},
                         {"town", "Ulm"}};
  const Result<json::object> once = validate(thing(), all, true);
  ASSERT_TRUE(once) << to_string(once.error());
  EXPECT_EQ(*once, all);
  EXPECT_EQ(*validate(thing(), *once, true), *once);
  json::object backwards;
  for (auto it = all.end(); it != all.begin();) backwards.insert(*--it);
  EXPECT_EQ(json::serialize(*validate(thing(), backwards, true)), json::serialize(*once));
}

TEST(Derived, keysSearchTextAndParts) {
  const json::object body{{"name", "Anna"}, {"external_id", "A=1"}, {"code", 7}, {"town", "Ulm"}};
  EXPECT_EQ(unique_keys(thing(), body), (std::vector<std::string>{"thing.external_id=A=1", "thing.code=7"}));
  EXPECT_TRUE(unique_keys(thing(), {{"name", "Anna"}, {"code", nullptr}}).empty());
  EXPECT_EQ(search_text(thing(), body), "Anna\nUlm");
  EXPECT_EQ(search_text(thing(), {{"name", nullptr}, {"code", 7}}), "");
  const SplitBody split = split_personal(thing(), {{"code", 7}, {"name", nullptr}, {"external_id", "e"}});
  EXPECT_EQ(json::serialize(split.plain), R"({"external_id":"e","code":7})");
  EXPECT_EQ(json::serialize(split.personal), R"({"name":null})");
}

TEST(Derived, columnsAndDescription) {
  std::map<std::string, std::string> types;
  for (const Column& column : mart_columns(thing())) types[column.name] = column.sql_type;
  EXPECT_EQ(types["name"], "VARCHAR");
  EXPECT_EQ(types["ratio"], "DOUBLE");
  EXPECT_EQ(types["day"], "DATE");
  EXPECT_EQ(types["moment"], "TIMESTAMP");
  for (const char* name : {"code", "price_minor", "length_seconds", "parent"}) EXPECT_EQ(types[name], "BIGINT");
  for (const char* name : {"size", "currency", "hours"}) EXPECT_EQ(types[name], "VARCHAR");

  const json::object description = describe(thing());
  EXPECT_EQ(description.at("plural"), "things");
  const json::array& fields = description.at("fields").as_array();
  ASSERT_EQ(fields.size(), thing().fields.size());
  EXPECT_EQ(json::serialize(fields[0]), R"({"name":"name","label":"Name","type":"text","required":true,)"
                                        R"("personal":true,"searchable":true,"max_length":10})");
  EXPECT_EQ(fields[7].at("unit"), "seconds");
  EXPECT_EQ(json::serialize(fields[10]), R"({"name":"size","label":"Size","type":"choice","required":true,)"
                                         R"("choices":["small","large"],"initial":"small"})");
  EXPECT_EQ(fields[13].at("system"), true);
}

}  // namespace
}  // namespace traction
