#include "ledger/chain.h"

#include <sodium.h>

#include <cstring>
#include <limits>

#include "base/check.h"

namespace traction {
namespace {

static_assert(std::endian::native == std::endian::little, "the header is hashed as it lies in memory");

class Hash {
 public:
  Hash() {
    static const bool ready = sodium_init() >= 0;  // chooses the fastest code for this processor
    CHECK(ready);
    crypto_generichash_blake2b_init(&state_, nullptr, 0, sizeof(Digest));
  }
  Hash& add(const void* bytes, std::size_t size) {
    crypto_generichash_blake2b_update(&state_, static_cast<const unsigned char*>(bytes), size);
    return *this;
  }
  Digest digest() {
    Digest out;
    crypto_generichash_blake2b_final(&state_, reinterpret_cast<unsigned char*>(out.data()), out.size());
    return out;
  }

 private:
  crypto_generichash_blake2b_state state_;
};

Digest digest_of(std::string_view bytes) { return Hash().add(bytes.data(), bytes.size()).digest(); }

}  // namespace

Digest personal_digest(const std::optional<Salt>& salt, std::string_view personal) {
  if (!salt && personal.empty()) {
    static const Digest nothing = digest_of("");
    return nothing;
  }
  Hash hash;
  if (salt) hash.add(salt->data(), salt->size());
  return hash.add(personal.data(), personal.size()).digest();
}

Digest chain_hash(const StoredEntry& stored, const Digest& previous) {
  const Entry& entry = stored.entry;
  std::array<unsigned char, 160> bytes;
  unsigned char* out = bytes.data();
  const auto put = [&out](const auto& value) {
    std::memcpy(out, &value, sizeof value);
    out += sizeof value;
  };
  put(previous);
  put(entry.seq);
  put(static_cast<std::int32_t>(entry.kind));
  put(entry.type);
  put(entry.record);
  put(entry.previous);
  put(entry.recorded_at.micros);
  put(entry.occurred_at ? entry.occurred_at->micros : std::numeric_limits<std::int64_t>::min());
  put(entry.actor);
  put(entry.origin);
  put(digest_of(entry.plain));
  put(stored.personal_digest);
  CHECK(out == bytes.data() + bytes.size());
  return Hash().add(bytes.data(), bytes.size()).digest();
}

StoredEntry seal(Entry entry, const Digest& previous, Random& random) {
  StoredEntry stored;
  stored.entry = std::move(entry);
  CHECK(stored.entry.personal.has_value());
  if (!stored.entry.personal->empty()) random.fill(stored.salt.emplace());
  stored.personal_digest = personal_digest(stored.salt, *stored.entry.personal);
  stored.hash = chain_hash(stored, previous);
  return stored;
}

std::uint64_t short_digest(std::string_view bytes) {
  const Digest digest = digest_of(bytes);
  std::uint64_t out;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

std::string to_hex(const Digest& digest) {
  std::string out(digest.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), reinterpret_cast<const unsigned char*>(digest.data()), digest.size());
  out.pop_back();
  return out;
}

}  // namespace traction
