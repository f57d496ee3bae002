#include "app/export.h"

#include "import/office.h"

namespace traction {
namespace {

constexpr std::int64_t kHour = 3600 * kSecond;

class Export : public Office {
 protected:
  std::string exported(const std::string& type, ExportFormat format = ExportFormat::csv) {
    std::string text;
    const auto reader = ledger_->read();
    const auto count = export_records(*reader, schema_, type, format, "USD", [&](std::string_view p) { text += p; });
    EXPECT_TRUE(count);
    return text;
  }

  // What a record says, with the names of what it refers to instead of their ids, which differ between workspaces.
  std::map<std::string, std::string> told(const std::string& type) {
    std::map<std::string, std::string> all_told;
    for (const Record& record : all(type)) {
      std::string text;
      const RecordType& record_type = schema_.need(type);
      for (const Field& field : record_type.fields) {
        const json::value* value = record.body.if_contains(field.name);
        if (value == nullptr) continue;
        text += field.name + "=";
        if (field.type == FieldType::reference) {
          const RecordType& other = schema_.need(field.references);
          const auto stored = ledger_->read()->record(other.number, value->as_int64());
          text += json::serialize(parse_stored(stored->body).at(other.title)) + "\n";
        } else {
          text += json::serialize(*value) + "\n";
        }
      }
      const auto created = history(record).front().occurred_at;
      all_told[text] = created ? to_string(*created) : "unknown";
    }
    return all_told;
  }
};

TEST_F(Export, ComesBackInAnotherWorkspace) {
  std::filesystem::copy(kExtract, directory_ + "/data");
  ASSERT_FALSE(import_files(host(), *pair_files(directory_ + "/data", kTemplates, schema_), {}).refusal);
  const Record won = named("deal", "external_id", "MV1LWRNH");
  run(batch({on(Verb::change, "deal", won.id, {{"name", "say \"hi\", twice\nand more"}}),
             on(Verb::change, "deal", named("deal", "external_id", "BXXMA7F3").id, {{"currency", "JPY"}}),
             at(creation("activity", {{"kind", "call"}, {"subject", "=1+1"}, {"duration_seconds", 61}, {"due_at", 5}}),
                *day("2020-02-29"))}));
  const std::vector<std::string> types{"account", "product", "team", "member", "pipeline", "stage", "deal", "activity"};
  std::map<std::string, std::map<std::string, std::string>> before;
  std::map<std::string, std::string> files;
  for (const std::string& type : types) {
    before[type] = told(type);
    files[type] = exported(type);
  }
  begin("UTC");
  // A member's team and a team's manager name each other; teams first, their managers stay out.
  for (const std::string& type : types) {
    std::string map = export_mapping(schema_, schema_.need(type));
    if (type == "team") map.replace(map.find("manager = \"manager\"\n"), 20, "");
    const auto report = good(files[type], map);
    EXPECT_EQ(report.rows_rejected, 0) << type << ": " << (report.problems.empty() ? "" : report.problems[0].reason);
    if (type != "team") {
      EXPECT_EQ(told(type), before[type]) << type;
    }
  }
}

TEST_F(Export, JsonLines) {
  run(batch({at(creation("activity", {{"kind", "call"}, {"due_at", 1'000'000}}), Instant{kHour}),
             creation("cost", {{"about", "fair"}, {"amount_minor", 1250}, {"spent_on", "2020-01-01"}})}));
  EXPECT_EQ(parse_json(exported("activity", ExportFormat::json_lines)).value(),
            json::parse(R"({"id":2,"created_at":"1970-01-01T01:00:00Z","kind":"call","status":"done",
                            "due_at":"1970-01-01T00:00:01Z"})"));
  EXPECT_EQ(parse_json(exported("cost", ExportFormat::json_lines)).value().at("amount_minor"), 1250);
  EXPECT_EQ(exported("contact"),
            "id,created_at,name,external_id,email,phone,title,account,account_id,owner,owner_id\n");
}

TEST_F(Export, RefusesATypeThatDoesNotExist) {
  const auto reader = ledger_->read();
  const auto refused = export_records(*reader, schema_, "acount", ExportFormat::csv, "USD", [](std::string_view) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unknown);
  EXPECT_NE(refused.error().sentence.find("account"), std::string::npos);
}

}  // namespace
}  // namespace traction
