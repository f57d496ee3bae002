// The contract that every Ledger fulfils, as tests with a parameter: a maker of stores. contract_test.cpp holds the
// tests; a new implementation adds itself to the list at its end. Test-only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ledger/ledger.h"

namespace traction::test {

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

}  // namespace traction::test
