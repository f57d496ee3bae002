#include "ledger/sqlite.h"

#include <fmt/format.h>
#include <sodium.h>

#include <mutex>
#include <utility>
#include <vector>

#include "base/fault.h"
#include "ledger/sqlite_reads.h"
#include "ledger/sqlite_scrub.h"
#include "ledger/sqlite_transaction.h"

namespace traction {
namespace {

constexpr int kWriterCacheKib = 64 * 1024;
constexpr int kReaderCacheKib = 8 * 1024;
constexpr std::size_t kIdleReaders = 8;

using sqlite::Changes;
using sqlite::Database;

sqlite::Options connection(const SqliteLedgerOptions& options, bool create, bool read_only) {
  return {.path = options.path,
          .create = create,
          .read_only = read_only,
          .cache_kib = read_only ? kReaderCacheKib : kWriterCacheKib,
          .wait_ms = options.wait_ms,
          .vfs = options.vfs,
          .durable = options.durable};
}

// The ledger's id, drawn when the file is new.
std::string identify(Database& database, Random& random) {
  const auto find = [&database] {
    auto query = database.prepare("SELECT value FROM meta WHERE name = 'ledger_id'");
    return query.step() ? std::string(query.text(0)) : std::string();
  };
  if (std::string known = find(); !known.empty()) return known;
  std::array<std::byte, 16> bytes;
  random.fill(bytes);
  std::string id(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(id.data(), id.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  id.pop_back();
  Changes changes(database);
  database.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES ('ledger_id', ?1)").bind(1, id).run();
  id = find();  // somebody else may have been first
  changes.commit();
  return id;
}

// Connections that nobody reads from at the moment.
class IdleReaders {
 public:
  std::unique_ptr<Database> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void put_back(std::unique_ptr<Database> connection) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleReaders) idle_.push_back(std::move(connection));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> idle_;
};

class SqliteReader final : public SqliteReads<Reader> {
 public:
  SqliteReader(IdleReaders& idle, std::unique_ptr<Database> connection, std::string ledger_id)
      : SqliteReads(*connection, std::move(ledger_id)), idle_(idle), connection_(std::move(connection)) {
    // SQLite takes its snapshot at the first read, not at BEGIN. Prepared statements, since this is done for every
    // record that somebody reads.
    connection_->prepare("BEGIN").run();
    connection_->prepare("SELECT 1 FROM meta").step();
  }
  ~SqliteReader() override {
    try {
      connection_->prepare("ROLLBACK").run();
      idle_.put_back(std::move(connection_));
    } catch (const Fault&) {
      // Not fit to be used again: it is closed instead.
    }
  }

 private:
  IdleReaders& idle_;
  std::unique_ptr<Database> connection_;
};

class SqliteLedger final : public Ledger {
 public:
  SqliteLedger(SqliteLedgerOptions options, std::unique_ptr<Database> writer, std::string ledger_id)
      : options_(std::move(options)),
        ledger_id_(std::move(ledger_id)),
        writer_(std::move(writer)),
        turns_(options_.path, options_.wait_ms) {}

  std::unique_ptr<Transaction> begin() override {
    std::unique_ptr<Transaction> transaction;
    Turn turn = turns_.take();
    turn.write(
        [&] { transaction = std::make_unique<SqliteTransaction>(std::move(turn), *writer_, recent_, ledger_id_); });
    return transaction;
  }

  std::unique_ptr<Reader> read() override {
    auto free = idle_.take();
    return std::make_unique<SqliteReader>(idle_, free ? std::move(free) : open_reader(), ledger_id_);
  }

  void scrub() override { traction::scrub(*writer_, turns_); }

  void backup(const std::string& path) override { open_reader()->copy_to(path); }

 private:
  std::unique_ptr<Database> open_reader() {
    auto database = Database::open(connection(options_, false, true), kLedgerFormat, "");
    if (!database) throw Fault(Fault::Kind::damaged, to_string(database.error()));
    return *std::move(database);
  }

  const SqliteLedgerOptions options_;
  const std::string ledger_id_;
  const std::unique_ptr<Database> writer_;  // for whoever has the turn; closed last, since closing empties the log
  Turns turns_;
  RecentKeys recent_;  // for whoever has the turn
  IdleReaders idle_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> open_sqlite_ledger(const SqliteLedgerOptions& options, Random& random) {
  auto writer =
      Database::open(connection(options, options.create, false), kLedgerFormat, options.create ? kLedgerTables : "");
  if (!writer) return refuse(writer);
  try {
    std::string ledger_id = identify(**writer, random);
    return std::make_unique<SqliteLedger>(options, *std::move(writer), std::move(ledger_id));
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::damaged) throw;
    return refuse(Code::damaged, options.path, fault.what());
  }
}

}  // namespace traction
