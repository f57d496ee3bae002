// The contract that every Ledger fulfils, as tests with a parameter: a kind of store. contract_write_test.cpp,
// contract_find_test.cpp and contract_trust_test.cpp hold the tests; a new implementation adds itself to the list in
// stores_test.cpp. Test-only; one thread.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/test_entries.h"

namespace traction::test {

inline constexpr Id kEnd = std::numeric_limits<Id>::max();

// One place where a ledger is kept, new and empty.
class Store {
 public:
  virtual ~Store() = default;
  // Connects to it; a second connection stands for another program. Where that cannot be (memory), the same one again.
  virtual std::shared_ptr<Ledger> connect() = 0;
  // All bytes of all its files; "" when it has none.
  virtual std::string bytes() { return ""; }
  // A path for a backup; "" when it makes none.
  virtual std::string backup_path() { return ""; }
  // Connects to a backup that was made there.
  virtual std::shared_ptr<Ledger> connect_backup() { return nullptr; }
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Store>()> make;
};

class Contract : public testing::TestWithParam<Kind> {
 protected:
  // Lets `work` write into a transaction and commits it.
  void write(const std::function<void(Hand&, Transaction&)>& work) {
    const auto transaction = ledger->begin();
    Hand hand(*transaction, schema, random);
    work(hand, *transaction);
    transaction->commit();
  }
  void expect_sound() {
    const auto verified = verify(*ledger, schema);
    EXPECT_TRUE(verified) << to_string(verified.error());
  }

  static std::vector<Id> ids(const std::vector<StoredRecord>& records) {
    std::vector<Id> out;
    for (const StoredRecord& record : records) out.push_back(record.id);
    return out;
  }

  const Schema schema = small_schema();
  SeededRandom random{1};
  const std::unique_ptr<Store> store = GetParam().make();
  std::shared_ptr<Ledger> ledger = store->connect();
};

}  // namespace traction::test
