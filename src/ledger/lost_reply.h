// LostReply: a ledger whose commits happen while their reply gets lost, as over a network: commit() makes everything
// durable and then throws Fault(unknown_outcome). Wraps any ledger; for tests of whoever has to settle that. Threads
// as the ledger it wraps.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "base/fault.h"
#include "ledger/ledger.h"

namespace traction::test {

class LostReply final : public Ledger {
 public:
  explicit LostReply(Ledger& ledger) : ledger_(ledger) {}

  // The replies of this many commits from now on get lost.
  void lose(int commits) { to_lose_ = commits; }

  std::unique_ptr<Transaction> begin() override { return std::make_unique<Losing>(ledger_.begin(), to_lose_); }
  std::unique_ptr<Reader> read() override { return ledger_.read(); }
  void scrub() override { ledger_.scrub(); }
  void backup(const std::string& path) override { ledger_.backup(path); }

 private:
  class Losing final : public Transaction {
   public:
    Losing(std::unique_ptr<Transaction> inner, std::atomic<int>& to_lose)
        : inner_(std::move(inner)), to_lose_(to_lose) {}

    void commit() override {
      inner_->commit();
      if (to_lose_ > 0 && to_lose_.fetch_sub(1) > 0)
        throw Fault(Fault::Kind::unknown_outcome, "The reply to a commit was lost.");
    }
    void append(const StoredEntry& entry) override { inner_->append(entry); }
    void put(const StoredRecord& record, bool unedited, std::string_view text) override {
      inner_->put(record, unedited, text);
    }
    void put_key(std::string_view key, Id record) override { inner_->put_key(key, record); }
    void remember(std::uint64_t key, const Remembered& use, Instant now) override { inner_->remember(key, use, now); }
    void erase(Seq seq) override { inner_->erase(seq); }

    Head head() override { return inner_->head(); }
    std::optional<StoredRecord> record(std::int32_t type, Id id) override { return inner_->record(type, id); }
    Id key(std::string_view key) override { return inner_->key(key); }
    std::optional<StoredEntry> entry(Seq seq) override { return inner_->entry(seq); }
    void entries(Seq after, Seq last, const std::function<bool(const StoredEntry&)>& visit) override {
      inner_->entries(after, last, visit);
    }
    std::vector<StoredRecord> newest(std::int32_t type, Id before, std::size_t limit) override {
      return inner_->newest(type, before, limit);
    }
    void records(std::int32_t type, Id after, const std::function<bool(const StoredRecord&)>& visit) override {
      inner_->records(type, after, visit);
    }
    std::vector<StoredRecord> search(std::int32_t type, std::string_view text, Id before, std::size_t limit) override {
      return inner_->search(type, text, before, limit);
    }
    std::optional<Remembered> remembered(std::uint64_t key, Instant since) override {
      return inner_->remembered(key, since);
    }
    void keys(const std::function<bool(std::string_view, Id)>& visit) override { inner_->keys(visit); }
    std::string search_text(std::int32_t type, Id id) override { return inner_->search_text(type, id); }
    Counts counts() override { return inner_->counts(); }
    std::string damage() override { return inner_->damage(); }

   private:
    std::unique_ptr<Transaction> inner_;
    std::atomic<int>& to_lose_;
  };

  Ledger& ledger_;
  std::atomic<int> to_lose_{0};
};

}  // namespace traction::test
