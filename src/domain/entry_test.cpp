#include "domain/entry.h"

#include <gtest/gtest.h>

#include "base/fault.h"

namespace traction {
namespace {

TEST(Fold, setsClearsAndKeepsPlaces) {
  json::object body{{"a", 1}, {"b", 2}, {"c", 3}};
  fold(body, {{"b", nullptr}, {"c", 4}, {"d", 5}, {"e", nullptr}});
  EXPECT_EQ(json::serialize(body), R"({"a":1,"c":4,"d":5})");
}

Entry entry(Seq seq, EntryKind kind, std::string plain = "{}", std::optional<std::string> personal = "") {
  Entry result;
  result.seq = seq;
  result.kind = kind;
  result.type = 6;
  result.record = 7;
  result.plain = std::move(plain);
  result.personal = std::move(personal);
  return result;
}

TEST(Apply, followsAHistory) {
  Record record;
  apply(record, entry(7, EntryKind::created, R"({"title":"CEO"})", R"({"name":"Ada"})"));
  EXPECT_EQ(record.id, 7);
  EXPECT_EQ(record.type, 6);
  EXPECT_EQ(json::serialize(record.body), R"({"title":"CEO","name":"Ada"})");
  apply(record, entry(8, EntryKind::deleted));
  EXPECT_EQ(record.state, RecordState::deleted);
  apply(record, entry(9, EntryKind::restored));
  EXPECT_EQ(record.state, RecordState::live);
  apply(record, entry(10, EntryKind::merged, R"({"into":3})"));
  EXPECT_EQ(record.state, RecordState::merged);
  EXPECT_EQ(record.merged_into, 3);
  apply(record, entry(11, EntryKind::unmerged));
  EXPECT_EQ(record.state, RecordState::live);
  EXPECT_EQ(record.merged_into, 0);
  apply(record, entry(12, EntryKind::changed, R"({"title":null})"));
  EXPECT_EQ(json::serialize(record.body), R"({"name":"Ada"})");
  EXPECT_EQ(record.version, 12);
}

TEST(Apply, takesErasedValuesForNeverGiven) {
  Record record;
  apply(record, entry(7, EntryKind::created, R"({"title":"CEO"})", std::nullopt));
  EXPECT_EQ(json::serialize(record.body), R"({"title":"CEO"})");
}

TEST(Apply, throwsForDamagedBytes) {
  Record record;
  EXPECT_THROW(apply(record, entry(7, EntryKind::created, "{")), Fault);
  EXPECT_THROW(apply(record, entry(7, EntryKind::merged, "{}")), Fault);
}

}  // namespace
}  // namespace traction
