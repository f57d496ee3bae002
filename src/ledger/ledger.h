// Ledger: the port to where a workspace's entries and records are kept. Implementations: memory.h (tests, simulation),
// sqlite.h; shaped for PostgreSQL too, where several writers contend and a commit's reply can be lost. It stores and
// finds; what an entry means is decide()'s business and who may write is app's. One contract suite (contract.h) holds
// for all of them.
//
// Threads: a Ledger may be used from any thread; a Reader or Transaction by one thread at a time. Readers never block
// the writer, nor it them. Every failure of the machine is a Fault; a Transaction destroyed without commit leaves no
// trace.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/entry.h"

namespace traction {

using Salt = std::array<std::byte, 16>;

// An entry as it lies in the ledger: with its salt (absent without personal fields or after erasure), the digest of its
// personal part and its place in the chain (see chain.h).
struct StoredEntry {
  Entry entry;
  std::optional<Salt> salt;
  Digest personal_digest{};  // H(salt, personal); kept after erasure
  Digest hash{};

  bool operator==(const StoredEntry&) const = default;
};

// A record as it lies in the store: Record with its body as bytes.
struct StoredRecord {
  Id id = 0;
  std::int32_t type = 0;
  Seq version = 0;
  RecordState state = RecordState::live;
  Id merged_into = 0;
  std::string body;  // JSON

  bool operator==(const StoredRecord&) const = default;
};

// The end of the ledger: what the next entry builds on.
struct Head {
  Seq seq = 0;
  Digest hash{};          // all zero for an empty ledger
  Instant recorded_at{};  // of the last entry; the next one's is not earlier
  std::string ledger_id;  // made once, random; tells one ledger from its look-alikes
};

// How many records there are in any state, and how many of them search() can find.
struct Counts {
  std::int64_t records = 0;
  std::int64_t searchable = 0;
};

// What an idempotency key was used for.
struct Remembered {
  std::uint64_t request = 0;  // digest of the request
  Seq first = 0;              // its entries, [first, first + count)
  std::int32_t count = 0;

  bool operator==(const Remembered&) const = default;
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual Head head() = 0;

  // Any record, in whatever state; nullopt when there is none of that type and id.
  virtual std::optional<StoredRecord> record(std::int32_t type, Id id) = 0;

  // Who holds a unique key; 0 = nobody.
  virtual Id key(std::string_view key) = 0;

  // One entry, or nullopt.
  virtual std::optional<StoredEntry> entry(Seq seq) = 0;

  // Entries with after < seq <= last, ascending, until `visit` returns false. With last beyond the head: to the head.
  virtual void entries(Seq after, Seq last, const std::function<bool(const StoredEntry&)>& visit) = 0;

  // Up to `limit` live records of a type with id < before, newest first: the default order of a list.
  virtual std::vector<StoredRecord> newest(std::int32_t type, Id before, std::size_t limit) = 0;

  // Every record of a type with id > after in any state, ascending, until `visit` returns false.
  virtual void records(std::int32_t type, Id after, const std::function<bool(const StoredRecord&)>& visit) = 0;

  // Up to `limit` live records whose search text contains `text` (both folded(), base/fold.h; at least three
  // characters, else nothing is found), of the given type or of any (0), with id < before, newest first.
  virtual std::vector<StoredRecord> search(std::int32_t type, std::string_view text, Id before, std::size_t limit) = 0;

  // What a key was used for since `since` (recorded_at); nullopt when it was not.
  virtual std::optional<Remembered> remembered(std::uint64_t key, Instant since) = 0;

  // For verify(). Every unique key with its holder, ascending, until `visit` returns false.
  virtual void keys(const std::function<bool(std::string_view key, Id record)>& visit) = 0;

  // For verify(). What search() looks in to find this record, folded(); "" when it cannot be found.
  virtual std::string search_text(std::int32_t type, Id id) = 0;

  // For verify().
  virtual Counts counts() = 0;

  // For verify(). What is wrong with the store's own structures, for a person; "" when nothing is.
  virtual std::string damage() = 0;
};

class Transaction : public Reader {
 public:
  // Adds an entry. Its seq must be the head's + 1 and its recorded_at not before the head's.
  virtual void append(const StoredEntry& entry) = 0;

  // Sets a record's state. `unedited` says that its body equals what its creating entry says, so that no second copy
  // need be kept (its body then loses what erase() takes from that entry). `search_text` is what search() looks in; ""
  // takes it out of the search (as does state != live).
  virtual void put(const StoredRecord& record, bool unedited, std::string_view search_text) = 0;

  // Gives a unique key to a record, or (record = 0) gives it up.
  virtual void put_key(std::string_view key, Id record) = 0;

  // Remembers what an idempotency key was used for at `now`; forgets some of what is older than two days.
  virtual void remember(std::uint64_t key, const Remembered& remembered, Instant now) = 0;

  // Destroys the personal values and the salt of an entry, keeping its digests.
  virtual void erase(Seq seq) = 0;

  // Makes all of it durable and visible. Fault(unknown_outcome) when the reply was lost: whoever asked looks the
  // idempotency keys up afterwards. After any exception the transaction is over and nothing may be assumed durable.
  virtual void commit() = 0;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  // The one write transaction; waits while another writer has it (at most the implementation's stated limit, then a
  // Fault). It sees all that was committed before it began.
  virtual std::unique_ptr<Transaction> begin() = 0;

  // A view of one committed state, which later commits do not change, for as long as it is held. Hold it briefly.
  virtual std::unique_ptr<Reader> read() = 0;

  // After personal values were erased: leaves no copy of them in any file of the store. Does nothing when all was
  // scrubbed before, so it may be called at every start in case the program ended between erasing and scrubbing.
  virtual void scrub() {}

  // Writes a consistent copy of the whole store to a new file while writing goes on.
  virtual void backup(const std::string& path) = 0;
};

}  // namespace traction
