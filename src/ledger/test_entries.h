// For tests of ledgers: three small record types, and a hand that writes entries about them into a transaction as the
// writer would, without the rules of selling. A Hand belongs to one transaction and its thread.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "domain/decide.h"
#include "ledger/chain.h"
#include "ledger/ledger.h"
#include "schema/schema.h"

namespace traction::test {

inline constexpr std::int32_t kFirm = 5;
inline constexpr std::int32_t kPerson = 6;  // its name is personal
inline constexpr std::int32_t kCall = 12;   // not a small type: the search leaves it out

inline Schema small_schema() {
  const auto type = [](std::string_view name, int number, std::string_view more) {
    return DefinitionFile{fmt::format("{}.toml", name),
                          fmt::format("name = \"{0}\"\nnumber = {1}\nlabel = \"{0}\"\nplural = \"{0}s\"\n"
                                      "about = \"For tests.\"\ntitle = \"name\"\n{2}",
                                      name, number, more)};
  };
  const auto text = [](std::string_view name, std::string_view more) {
    return fmt::format("[[field]]\nname = \"{0}\"\ntype = \"text\"\nlabel = \"{0}\"\n{1}", name, more);
  };
  const std::string code = text("code", "unique = true\n");
  const std::vector<DefinitionFile> files{
      type("firm", kFirm, text("name", "searchable = true\n") + code),
      type("person", kPerson, text("name", "searchable = true\npersonal = true\n") + code),
      type("call", kCall, "small = false\n" + text("name", "") + code),
  };
  const auto schema = Schema::load(files);
  CHECK(schema.has_value());
  return *schema;
}

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : generator_(seed) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& byte : out) byte = static_cast<std::byte>(generator_());
  }
  std::uint64_t below(std::uint64_t end) { return generator_() % end; }

 private:
  std::mt19937_64 generator_;
};

class Hand {
 public:
  Hand(Transaction& transaction, const Schema& schema, Random& random)
      : transaction_(transaction), schema_(schema), random_(random) {}

  Instant now{1'700'000'000 * kSecond};  // of the next entry

  Id create(std::int32_t type, const std::string& name, const std::string& code = "") {
    return write(EntryKind::created, type, 0, fields(name, code));
  }
  Seq rename(std::int32_t type, Id id, const std::string& name) {
    return write(EntryKind::changed, type, id, fields(name, ""));
  }
  Seq remove(std::int32_t type, Id id) { return write(EntryKind::deleted, type, id, {}); }
  Seq restore(std::int32_t type, Id id) { return write(EntryKind::restored, type, id, {}); }
  Seq merge(std::int32_t type, Id id, Id into) { return write(EntryKind::merged, type, id, {{"into", into}}); }

  // Destroys the personal values of a person in all its entries.
  void erase(std::int32_t type, Id id) {
    for (Seq seq = write(EntryKind::erased, type, id, {}); seq != 0;) {
      const auto entry = transaction_.entry(seq);
      if (entry->salt) transaction_.erase(seq);
      seq = entry->entry.previous;
    }
    Record record = find(type, id);
    record.body.erase("name");
    put(record);
  }

 private:
  static json::object fields(const std::string& name, const std::string& code) {
    json::object given;
    if (!name.empty()) given["name"] = name;
    if (!code.empty()) given["code"] = code;
    return given;
  }

  Seq write(EntryKind kind, std::int32_t type_number, Id id, const json::object& given) {
    const RecordType& type = *schema_.type(type_number);
    const Head head = transaction_.head();
    Entry entry;
    entry.seq = head.seq + 1;
    entry.kind = kind;
    entry.type = type_number;
    entry.record = kind == EntryKind::created ? entry.seq : id;
    entry.recorded_at = std::max(now, head.recorded_at);
    entry.occurred_at = entry.recorded_at;
    if (kind == EntryKind::created || kind == EntryKind::changed) {
      const SplitBody split = split_personal(type, given);
      entry.plain = json::serialize(split.plain);
      entry.personal = split.personal.empty() ? "" : json::serialize(split.personal);
    } else {
      entry.plain = json::serialize(given);
    }
    Record record;
    if (kind != EntryKind::created) {
      record = find(type_number, id);
      entry.previous = record.version;
      for (const std::string& key : held_keys(type, record)) transaction_.put_key(key, 0);
    }
    apply(record, entry);
    for (const std::string& key : held_keys(type, record)) transaction_.put_key(key, record.id);
    transaction_.append(seal(std::move(entry), head.hash, random_));
    put(record);
    return record.version;
  }

  Record find(std::int32_t type, Id id) {
    const auto stored = transaction_.record(type, id);
    CHECK(stored.has_value());
    return {id, type, stored->version, stored->state, stored->merged_into, parse_stored(stored->body)};
  }

  void put(const Record& record) {
    const RecordType& type = *schema_.type(record.type);
    transaction_.put(
        {record.id, record.type, record.version, record.state, record.merged_into, json::serialize(record.body)},
        record.version == record.id, type.small ? search_text(type, record.body) : "");
  }

  Transaction& transaction_;
  const Schema& schema_;
  Random& random_;
};

}  // namespace traction::test
