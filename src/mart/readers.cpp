#include "mart/readers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault.h"

namespace traction {
namespace {

// How many entries are kept as of which was asked, each with the facts that were asked for.
constexpr std::size_t kMostPasts = 3;

// How many answers of look_up() are kept, and of how many rows.
constexpr std::size_t kMostKnown = 64, kMostKnownRows = 1000;

}  // namespace

template <class Ask>
auto Readers::asking(const Ask& ask) -> decltype(ask()) {
  try {
    return ask();
  } catch (const Fault& fault) {
    if (fault.kind() == Fault::Kind::damaged) damaged_ = true;
    throw;
  }
}

// In one transaction, so that all its statements see the same.
class Readers::Present : public MartReader {
 public:
  explicit Present(Readers& readers) : readers_(readers), within_(readers.enter()), asker_(readers.take_idle()) {
    readers_.asking([&] {
      asker_->connection.run("BEGIN TRANSACTION READ ONLY");
      seq_ = asker_->applied.read();
    });
  }

  ~Present() override {
    try {
      asker_->connection.run("COMMIT");
      readers_.put_back(std::move(asker_));
    } catch (const Fault&) {  // a statement failed: the connection ends with its transaction
    }
  }

  Seq seq() const override { return seq_; }

  Result<Table> query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit) override {
    return readers_.asking([&] { return asker_->connection.query(sql, parameters, limit); });
  }

  Result<Table> look_up(const std::string& sql) override {
    {
      const std::lock_guard lock(readers_.known_mutex_);
      if (readers_.known_at_ < seq_) {
        readers_.known_.clear();
        readers_.known_at_ = seq_;
      }
      const auto found = readers_.known_.find(sql);
      if (found != readers_.known_.end() && readers_.known_at_ == seq_) return found->second;
    }
    Result<Table> table = query(sql, {}, SIZE_MAX);
    const std::lock_guard lock(readers_.known_mutex_);
    if (table && readers_.known_at_ == seq_ && readers_.known_.size() < kMostKnown && table->size() <= kMostKnownRows)
      readers_.known_.emplace(sql, *table);
    return table;
  }

  const Schema* schema() const override { return nullptr; }

 private:
  Readers& readers_;
  const Within within_;
  std::unique_ptr<Asker> asker_;
  Seq seq_ = 0;
};

class Readers::Then : public MartReader {
 public:
  Then(Readers& readers, Within within, Seq as_of)
      : readers_(readers),
        within_(std::move(within)),
        past_(readers.asking([&] { return readers.kept_past(as_of); })) {}

  Seq seq() const override { return past_->last(); }

  Result<Table> query(const std::string& sql, const std::vector<Cell>& parameters, std::size_t limit) override {
    return readers_.asking([&] { return past_->query(sql, parameters, limit); });
  }

  Result<Table> look_up(const std::string& sql) override {
    return readers_.asking([&] { return past_->look_up(sql); });
  }

  const Schema* schema() const override { return &past_->schema(); }

 private:
  Readers& readers_;
  const Within within_;
  const std::shared_ptr<Past> past_;
};

Readers::Readers(Schema schema, const std::vector<FactDefinition>& facts, std::int64_t whole_cells)
    : schema_(std::move(schema)), facts_(facts), whole_cells_(whole_cells) {}

Readers::~Readers() = default;

std::unique_ptr<MartReader> Readers::present() { return std::make_unique<Present>(*this); }

std::unique_ptr<MartReader> Readers::past(Seq as_of) {
  Within within = enter();  // from here on what was applied stays so
  std::unique_ptr<Asker> asker = take_idle();
  const Seq applied = asking([&] { return asker->applied.read(); });
  put_back(std::move(asker));
  if (as_of > applied) return nullptr;
  return std::make_unique<Then>(*this, std::move(within), as_of);
}

std::unique_lock<std::shared_mutex> Readers::shut() {
  const std::lock_guard lock(door_);
  std::unique_lock alone(inside_);
  known_.clear();
  known_at_ = 0;
  idle_.clear();
  pasts_.clear();
  database_ = nullptr;
  return alone;
}

void Readers::open(Database& database) {
  database_ = &database;
  damaged_ = false;
}

Readers::Within Readers::enter() {
  const std::lock_guard lock(door_);
  Within within(inside_);
  if (!database_) throw Fault(Fault::Kind::disk, "There is no mart: it could not be made anew.");
  return within;
}

Readers::Asker::Asker(Database& database) : connection(database), applied(connection, "SELECT seq FROM mart") {}

std::unique_ptr<Readers::Asker> Readers::take_idle() {
  const std::lock_guard lock(idle_mutex_);
  if (idle_.empty()) return std::make_unique<Asker>(*database_);
  std::unique_ptr<Asker> asker = std::move(idle_.back());
  idle_.pop_back();
  return asker;
}

void Readers::put_back(std::unique_ptr<Asker> asker) {
  const std::lock_guard lock(idle_mutex_);
  idle_.push_back(std::move(asker));
}

// The past as of that entry, kept from before or new; the one asked longest ago makes room.
std::shared_ptr<Past> Readers::kept_past(Seq as_of) {
  const std::lock_guard lock(pasts_mutex_);
  const auto kept = std::ranges::find(pasts_, as_of, [](const auto& each) { return each.first; });
  if (kept != pasts_.end()) {
    std::rotate(kept, kept + 1, pasts_.end());
    return pasts_.back().second;
  }
  if (pasts_.size() == kMostPasts) pasts_.erase(pasts_.begin());
  return pasts_.emplace_back(as_of, std::make_shared<Past>(*database_, schema_, facts_, as_of, whole_cells_)).second;
}

}  // namespace traction
