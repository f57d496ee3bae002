#include "ledger/chain.h"

#include <gtest/gtest.h>

#include "ledger/body.h"

namespace traction {
namespace {

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i);
  }
};

Entry entry() {
  Entry e;
  e.seq = 5;
  e.kind = EntryKind::changed;
  e.type = 6;
  e.record = 3;
  e.previous = 4;
  e.recorded_at = {1'700'000'000'123'456};
  e.actor = 8;
  e.origin = 9;
  e.plain = R"({"code":"a"})";
  e.personal = R"({"name":"Ádám"})";
  return e;
}

Digest sevens() {
  Digest digest;
  digest.fill(std::byte{7});
  return digest;
}

// The expected digests were computed from chain.h's description by another implementation (Python's hashlib).
TEST(Chain, HashesAreOfTheFormThatIsWrittenDown) {
  CountingRandom random;
  const StoredEntry sealed = seal(entry(), sevens(), random);
  EXPECT_EQ(to_hex(sealed.personal_digest), "97cf735db22deb38bb27c44e4695a76b53fd6e94622664d478c5ff01d394287d");
  EXPECT_EQ(to_hex(sealed.hash), "706ff064132d138c8ef70a1c19dbd29c3a4e4b3b076256982c3e3480d7b68355");
  Entry impersonal = entry();
  impersonal.personal = "";
  impersonal.occurred_at = Instant{-1};
  const StoredEntry second = seal(impersonal, sevens(), random);
  EXPECT_EQ(second.salt, std::nullopt);
  EXPECT_EQ(to_hex(second.hash), "f6bc15c0e7051c090a1875230442d4c510e8313df1866d165efbf193ab3f9753");
  EXPECT_EQ(short_digest("key-1"), 14274817032291074429u);
}

TEST(Chain, EveryPartCounts) {
  CountingRandom random;
  const StoredEntry sealed = seal(entry(), sevens(), random);
  const auto differs = [&](auto change) {
    StoredEntry other = sealed;
    change(other);
    return chain_hash(other, sevens()) != sealed.hash;
  };
  EXPECT_EQ(chain_hash(sealed, sevens()), sealed.hash);
  EXPECT_NE(chain_hash(sealed, Digest{}), sealed.hash);
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.seq; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { e.entry.kind = EntryKind::created; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.type; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.record; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.previous; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.recorded_at.micros; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { e.entry.occurred_at = Instant{0}; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.actor; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { ++e.entry.origin; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { e.entry.plain += ' '; }));
  EXPECT_TRUE(differs([](StoredEntry& e) { e.personal_digest[31] ^= std::byte{1}; }));
}

TEST(Chain, ErasureKeepsTheHash) {
  CountingRandom random;
  StoredEntry sealed = seal(entry(), sevens(), random);
  sealed.entry.personal.reset();
  sealed.salt.reset();
  EXPECT_EQ(chain_hash(sealed, sevens()), sealed.hash);
}

TEST(Body, JoinsBothPartsOfAnEntry) {
  EXPECT_EQ(joined_body(R"({"a":1})", R"({"b":2})"), R"({"a":1,"b":2})");
  EXPECT_EQ(joined_body("{}", R"({"b":2})"), R"({"b":2})");
  EXPECT_EQ(joined_body(R"({"a":1})", ""), R"({"a":1})");
  EXPECT_EQ(joined_body(R"({"a":1})", "{}"), R"({"a":1})");
  EXPECT_EQ(joined_body(R"({"a":1})", std::nullopt), R"({"a":1})");
  EXPECT_EQ(joined_body("{}", ""), "{}");
}

TEST(Body, CountsCharacters) {
  EXPECT_EQ(characters(""), 0u);
  EXPECT_EQ(characters("Öz東🙂"), 4u);
}

}  // namespace
}  // namespace traction
