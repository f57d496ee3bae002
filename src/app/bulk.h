// Bulk: writes a long invented or converted history into a ledger far faster than Writer, with the very same result:
// every action goes through decide(), against records held in memory, in the caller's thread; a second thread seals and
// stores the entries in large transactions. For one program alone on a fresh ledger: no idempotency, nobody waits for a
// single commit, and a kill leaves a part of the history behind. The demo and the benches call it.
//
// One thread calls it. It may hold the ledger's write transaction from its construction to finish().
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/decide.h"
#include "ledger/ledger.h"

namespace traction {

class Bulk {
 public:
  // Reads the records that are there into memory, those of small types. A Fault when the machine fails.
  Bulk(Ledger& ledger, const Schema& schema, Clock& clock, Random& random);
  // Without finish() before it, what was not yet committed is lost.
  ~Bulk();

  // Decides one action and hands its entries to the other thread; the id of the record it was about. Refused as
  // decide() refuses. A Fault of the other thread is thrown here or in finish().
  Result<Id> apply(Action action, Id actor);

  // Says that no later action will name this record, so that its memory can be used again. Records of types that are
  // not small are never held: they can be created, not changed.
  void forget(Id record);

  // Makes everything durable and ends the other thread; the ledger's head.
  Head finish();

 private:
  class Held;
  // What a number of decisions come to, on its way to the other thread.
  struct Load {
    struct Put {
      StoredRecord record;  // without a body while it is the very one of its creating entry
      std::string search_text;
    };
    std::vector<Entry> entries;
    std::vector<Put> puts;
    std::vector<KeyChange> keys;
  };

  void hand_over();
  void store_all();
  void store(Transaction& transaction, Load& load);

  Ledger& ledger_;
  const Schema& schema_;
  Clock& clock_;
  Random& random_;
  const Instant now_;
  std::unique_ptr<Held> held_;
  Seq next_ = 1;
  Load filling_;

  Head head_;  // the storing thread's alone until it ends

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Load> waiting_;  // guarded by mutex_, as all below
  bool ending_ = false;
  bool abandoned_ = false;
  std::exception_ptr failure_;

  std::thread thread_;
};

}  // namespace traction
