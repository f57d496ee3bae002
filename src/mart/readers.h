// Readers: who asks of the mart, and what is kept for them: connections, the answers that many questions need alike,
// and the pasts asked for last. Whoever makes the database anew shuts them out meanwhile.
//
// Threads: any; shut() and open() by the one that applies, which holds the lock or has nobody to fear. Made by Mart.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "mart/mart.h"
#include "mart/past.h"

namespace traction {

class Readers {
 public:
  // `schema` is without the workspace's own fields; `facts` outlives this.
  Readers(Schema schema, const std::vector<FactDefinition>& facts, std::int64_t whole_cells);
  ~Readers();

  std::unique_ptr<MartReader> present();
  std::unique_ptr<MartReader> past(Seq as_of);

  // Waits until nobody reads, lets go of everything that is of the database, and lets nobody in while the lock is held.
  std::unique_lock<std::shared_mutex> shut();

  // What is read from now on. While there is nothing, readers are refused with a Fault.
  void open(Database& database);

  // There is something to read: not where making or opening it failed halfway. Of the one that applies.
  bool is_open() const { return database_ != nullptr; }

  // A reader found the database damaged since it was opened.
  bool found_damage() const { return damaged_; }

 private:
  class Present;
  class Then;
  struct Asker {
    explicit Asker(Database& database);
    Connection connection;
    Number applied;  // the last entry that its transaction knows
  };
  using Within = std::shared_lock<std::shared_mutex>;

  Within enter();
  std::unique_ptr<Asker> take_idle();
  void put_back(std::unique_ptr<Asker> asker);
  std::shared_ptr<Past> kept_past(Seq as_of);

  // Runs what asks of the database, and remembers when that proves damaged.
  template <class Ask>
  auto asking(const Ask& ask) -> decltype(ask());

  const Schema schema_;
  const std::vector<FactDefinition>& facts_;
  const std::int64_t whole_cells_;
  std::atomic<bool> damaged_ = false;

  std::mutex door_;               // held by who waits to be alone, so that those inside become fewer
  std::shared_mutex inside_;      // shared by those who read
  Database* database_ = nullptr;  // nullptr = could not be made anew

  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<Asker>> idle_;

  std::mutex known_mutex_;
  Seq known_at_ = 0;                    // the entry as of which all that is known was read
  std::map<std::string, Table> known_;  // by SQL

  std::mutex pasts_mutex_;
  std::vector<std::pair<Seq, std::shared_ptr<Past>>> pasts_;  // the one asked last at the end
};

}  // namespace traction
