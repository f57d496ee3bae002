// The hash chain: hash = H(previous hash, header, H(plain), H(salt, personal)), BLAKE2b-256 over the exact bytes
// stored. Erasing a person destroys personal values and salt but keeps both digests, so the chain still verifies while
// any other change shows. Pure functions over bytes; thread-safe. The form of the header is part of the file format:
// little-endian seq, kind, type, record, previous, recorded_at, occurred_at (INT64_MIN = not known), actor, origin.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "domain/decide.h"
#include "ledger/ledger.h"

namespace traction {

// Completes an entry for the ledger: salt (drawn from `random` when it has personal fields), digests and chain hash.
StoredEntry seal(Entry entry, const Digest& previous, Random& random);

// H(salt, personal): what seal() keeps of the personal part. Without any (""), H of nothing.
Digest personal_digest(const std::optional<Salt>& salt, std::string_view personal);

// The chain hash that an entry with these bytes and this personal_digest must have after `previous`.
Digest chain_hash(const StoredEntry& entry, const Digest& previous);

// 64-bit digests for idempotency keys and requests (first eight bytes of BLAKE2b).
std::uint64_t short_digest(std::string_view bytes);

std::string to_hex(const Digest& digest);

struct Verified {
  Seq entries = 0;
  std::int64_t records = 0;
  Digest head{};
};

// Recomputes the chain from the stored bytes, and every record, key and search state from its entries. Refused
// (damaged) at the first entry or record that does not agree, naming it. `progress` gets (done, total) now and then.
Result<Verified> verify(Ledger& ledger, const Schema& schema,
                        const std::function<void(Seq done, Seq total)>& progress = {});

}  // namespace traction
