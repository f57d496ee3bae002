// Office: a workspace in memory with a real writer, and a directory for files, for tests of import and export. Tests
// only. One thread.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/import/import.h"
#include "app/writer.h"
#include "base/text.h"
#include "ledger/memory.h"
#include "support/actions.h"
#include "support/machine.h"

namespace traction {

inline const std::string kTemplates = TRACTION_SOURCE_DIR "/definitions/templates/import";
inline const std::string kExtract = TRACTION_SOURCE_DIR "/tests/data/crm_sales";

inline std::string read_all(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class Office : public testing::Test {
 protected:
  Office() {
    std::string form = (std::filesystem::temp_directory_path() / "traction_import_XXXXXX").string();
    directory_ = ::mkdtemp(form.data());
    begin("UTC");
  }
  ~Office() override { std::filesystem::remove_all(directory_); }

  // A fresh ledger with a workspace in that zone.
  void begin(const std::string& zone) {
    writer_.reset();
    ledger_ = memory_ledger();
    writer_ = std::make_unique<Writer>(*ledger_, schema_, clock_, random_);
    run(batch({creation("workspace", {{"name", "Office"}, {"zone", zone}, {"currency", "USD"}})}));
  }

  Outcome run(Command command) {
    auto outcome = writer_->submit(std::move(command)).get();
    EXPECT_TRUE(outcome) << (outcome ? "" : to_string(outcome.error()));
    return outcome ? *outcome : Outcome{};
  }

  // The writer as it is; a test that ends an import early puts its own in front.
  ImportHost host() {
    return {*ledger_, schema_, clock_, [this](Command command) { return writer_->submit(std::move(command)); }};
  }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  Result<ImportReport> import(const std::string& csv, const std::string& map, const ImportOptions& options = {}) {
    const ImportSource source{write("rows.csv", csv), write("map.toml", map)};
    return import_file(host(), source, options);
  }
  ImportReport good(const std::string& csv, const std::string& map, const ImportOptions& options = {}) {
    auto report = import(csv, map, options);
    EXPECT_TRUE(report) << (report ? "" : to_string(report.error()));
    return report ? *report : ImportReport{};
  }
  Refusal bad(const std::string& csv, const std::string& map) {
    const Seq before = ledger_->read()->head().seq;
    auto report = import(csv, map);
    EXPECT_FALSE(report);
    EXPECT_EQ(ledger_->read()->head().seq, before) << "something was written";
    return report ? Refusal{} : report.error();
  }
  std::string rejected() { return read_all(directory_ + "/rows.rejected.csv"); }

  // Live records of a type, oldest first.
  std::vector<Record> all(const std::string& type) {
    return Rehearsal(schema_, *ledger_, clock_.now(), {}).all(schema_.need(type));
  }
  Record named(const std::string& type, const std::string& field, const std::string& value) {
    for (Record& record : all(type)) {
      const json::value* text = record.body.if_contains(field);
      if (text != nullptr && text->is_string() && text->get_string() == value) return std::move(record);
    }
    ADD_FAILURE() << "no " << type << " with " << field << " " << value;
    return {};
  }
  // The entries of a record, oldest first.
  std::vector<Entry> history(const Record& record) {
    std::vector<Entry> entries;
    const auto reader = ledger_->read();
    for (Seq seq = record.version; seq != 0; seq = entries.front().previous)
      entries.insert(entries.begin(), reader->entry(seq)->entry);
    return entries;
  }

  static std::optional<Instant> day(const char* date) { return Instant{parse_date(date)->days * kDay}; }

  const Schema schema_ = shipped_schema();
  TestClock clock_;
  TestRandom random_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Writer> writer_;
  std::string directory_;
};

}  // namespace traction
