// ledger_bench: what the SQLite ledger does in a second, beside what bare SQLite does on the same disk in the same run.
// Checks the answers as it goes. Prints a table, and with --json FILE the same figures for programs. Single-threaded:
// it batches 64 commands to a commit, as 64 waiting writers do.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "base/check.h"
#include "base/json.h"
#include "domain/entry.h"
#include "ledger/chain.h"
#include "ledger/sqlite.h"
#include "store/sqlite.h"

namespace {

using namespace traction;

constexpr std::int32_t kContact = 6;
constexpr std::int32_t kDeal = 11;
constexpr std::int32_t kActivity = 12;
constexpr Id kEnd = std::numeric_limits<Id>::max();
constexpr int kWriters = 64;

// xorshift64*: fast, and the same in every run.
class Dice final : public Random {
 public:
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Dull;
  }
  std::uint64_t below(std::uint64_t end) { return next() % end; }
  void fill(std::span<std::byte> out) override {
    for (std::size_t i = 0; i < out.size(); i += 8) {
      const std::uint64_t word = next();
      std::memcpy(out.data() + i, &word, std::min<std::size_t>(8, out.size() - i));
    }
  }

 private:
  std::uint64_t state_ = 88172645463325252ull;
};

class Watch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Figures {
 public:
  void add(const std::string& name, double value, const std::string& unit) {
    fmt::print("{:<58} {:>14.{}f} {}\n", name, value, value < 100 ? 2 : 0, unit);
    std::fflush(stdout);
    figures_.push_back(json::object{{"name", name}, {"value", value}, {"unit", unit}});
  }
  std::string json() const { return json::serialize(figures_); }

 private:
  json::array figures_;
};

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

double resident_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

std::string name_of(Dice& dice) {
  static constexpr std::array kSyllables{"an",  "ber", "chri", "da", "el",  "fre",  "gu",  "han", "i",  "jo", "ka",
                                         "li",  "mar", "na",   "o",  "pe",  "qui",  "ro",  "sa",  "te", "ul", "vi",
                                         "wil", "xa",  "ya",   "ze", "son", "mann", "ski", "ez",  "ov", "ton"};
  std::string name;
  for (int word = 0; word < 2; ++word) {
    if (word == 1) name += ' ';
    const std::size_t start = name.size();
    for (std::uint64_t i = 0, count = 2 + dice.below(2); i < count; ++i)
      name += kSyllables[dice.below(kSyllables.size())];
    name[start] = static_cast<char>(name[start] - 'a' + 'A');
  }
  return name;
}

class Bench {
 public:
  Bench(std::filesystem::path folder, Figures& figures) : folder_(std::move(folder)), figures_(figures) {
    auto opened = open_sqlite_ledger({.path = folder_ / "ledger.db"}, dice_);
    CHECK(opened.has_value());
    ledger_ = *std::move(opened);
  }

  void load(Seq deals, Seq activities) {
    deals_ = {1, deals};
    load_type("load deals, searchable", deals, [&] { create_deal(); });
    load_type("load activities", activities, [&] { create_activity(); });
  }

  void load_contacts(Seq contacts) {
    const Id before = ledger_->read()->head().seq;
    contacts_ = {before + 1, before + contacts};
    load_type("load contacts, searchable", contacts, [&] { create_contact(); });
  }

  void group_commit(int commits) {
    std::vector<double> times;
    const Watch all;
    for (int commit = 0; commit < commits; ++commit) {
      const Watch one;
      transaction_ = ledger_->begin();
      head_ = transaction_->head();
      for (int command = 0; command < kWriters; ++command) {
        const std::uint64_t key = dice_.next();
        CHECK(!transaction_->remembered(key, {now_.micros - kDay}));
        if (command % 4 == 0)
          edit_deal();
        else
          create_activity();
        transaction_->remember(key, {dice_.next(), head_.seq, 1}, now_);
      }
      transaction_->commit();
      transaction_.reset();
      times.push_back(one.seconds() * 1000);
    }
    CHECK(ledger_->read()->head().seq == head_.seq);
    rate_ = commits * kWriters / all.seconds();
    figures_.add("group commit of 64, 75 % activities 25 % deal edits", rate_, "commands/s");
    figures_.add("  one commit, p50", percentile(times, 0.5), "ms");
    figures_.add("  one commit, p99", percentile(times, 0.99), "ms");
  }

  // The least any ledger on SQLite must do: one row of the same size for each command.
  void bare(int commits) {
    auto opened = sqlite::Database::open({.path = folder_ / "bare.db", .create = true, .cache_kib = 64 * 1024},
                                         {.application = 1, .version = 1, .called = "file"},
                                         "CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    CHECK(opened.has_value());
    sqlite::Database& database = **opened;
    const std::string body(300, 'x');
    const Watch all;
    for (int commit = 0; commit < commits; ++commit) {
      sqlite::Changes changes(database);
      for (int command = 0; command < kWriters; ++command)
        database.prepare("INSERT INTO entry (body) VALUES (?1)").bind(1, body).run();
      changes.commit();
    }
    const double rate = commits * kWriters / all.seconds();
    figures_.add("bare SQLite, group commit of 64 rows", rate, "rows/s");
    figures_.add("  ledger / bare", rate_ / rate, "ratio");
  }

  void read(int times) {
    measure("newest 50 contacts", times,
            [&](Reader& reader) { CHECK(reader.newest(kContact, kEnd, 50).size() == 50); });
    measure("50 contacts from somewhere down the list", times, [&](Reader& reader) {
      CHECK(!reader
                 .newest(kContact,
                         contacts_.first + 50 + static_cast<Id>(dice_.below(contacts_.second - contacts_.first - 50)),
                         50)
                 .empty());
    });
    const auto search = [&](const std::string& what, const std::function<std::string()>& text) {
      measure("search " + what, times, [&](Reader& reader) {
        const std::string wanted = text();
        for (const StoredRecord& record : reader.search(kContact, wanted, kEnd, 50)) CHECK(record.type == kContact);
      });
    };
    const auto part = [&](std::size_t length) {
      const std::string name = name_of(dice_);
      return name.substr(dice_.below(name.size() - length), length);
    };
    search("3 letters of a name", [&] { return part(3); });
    search("5 letters of a name", [&] { return part(5); });
    search("a whole name", [&] { return name_of(dice_); });
    search("3 letters that nobody has", [] { return std::string("zqx"); });
    search("\"example.com\", in all", [] { return std::string("example.com"); });
    search("\"son mar\", common parts", [] { return std::string("son mar"); });
  }

  void scan() {
    const auto reader = ledger_->read();
    const Head head = reader->head();
    const Watch watch;
    Seq seen = 0;
    reader->entries(0, head.seq, [&](const StoredEntry& stored) { return seen += !stored.entry.plain.empty(), true; });
    CHECK(seen == head.seq);
    figures_.add("scan entries", static_cast<double>(seen) / watch.seconds(), "entries/s");
  }

  void whole() {
    Watch watch;
    const auto schema = Schema::load(definitions());
    CHECK(schema.has_value());
    const auto verified = verify(*ledger_, *schema);
    if (!verified) fmt::print("{}\n", to_string(verified.error()));
    CHECK(verified.has_value());
    figures_.add("verify", watch.seconds(), "s");
    watch = {};
    ledger_->backup(folder_ / "backup.db");
    figures_.add("backup", watch.seconds(), "s");
    {
      transaction_ = ledger_->begin();
      transaction_->erase(contacts_.first);
      StoredRecord record = *transaction_->record(kContact, contacts_.first);
      transaction_->put(record, true, "");
      transaction_->commit();
      transaction_.reset();
    }
    watch = {};
    ledger_->scrub();
    figures_.add("scrub after an erasure", watch.seconds(), "s");
    watch = {};
    ledger_.reset();
    auto opened = open_sqlite_ledger({.path = folder_ / "ledger.db", .create = false}, dice_);
    CHECK(opened.has_value());
    figures_.add("close and open", watch.seconds(), "s");
    figures_.add("memory, most", resident_mb(), "MB");
  }

 private:
  static std::vector<DefinitionFile> definitions() {
    std::vector<DefinitionFile> files;
    for (const auto& file : std::filesystem::directory_iterator(TRACTION_SOURCE_DIR "/definitions/records")) {
      std::ifstream in(file.path());
      files.push_back({file.path().filename(), std::string(std::istreambuf_iterator<char>(in), {})});
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return files;
  }

  void load_type(const std::string& what, Seq count, const std::function<void()>& create) {
    constexpr Seq kAtOnce = 20'000;
    const Watch watch;
    for (Seq done = 0; done < count;) {
      transaction_ = ledger_->begin();
      head_ = transaction_->head();
      for (Seq i = 0; i < kAtOnce && done < count; ++i, ++done) create();
      transaction_->commit();
      transaction_.reset();
    }
    figures_.add(what, static_cast<double>(count) / watch.seconds(), "entries/s");
  }

  void append(EntryKind kind, std::int32_t type, Id record, Seq previous, std::string plain, std::string personal) {
    Entry entry;
    entry.seq = head_.seq + 1;
    entry.kind = kind;
    entry.type = type;
    entry.record = record == 0 ? entry.seq : record;
    entry.previous = previous;
    now_.micros += 10;
    entry.recorded_at = now_;
    entry.occurred_at = now_;
    entry.actor = 3;
    entry.plain = std::move(plain);
    entry.personal = std::move(personal);
    const StoredEntry stored = seal(std::move(entry), head_.hash, dice_);
    transaction_->append(stored);
    head_.seq = stored.entry.seq;
    head_.hash = stored.hash;
  }

  void create(std::int32_t type, std::string plain, std::string personal, std::string_view search) {
    append(EntryKind::created, type, 0, 0, std::move(plain), std::move(personal));
    transaction_->put({head_.seq, type, head_.seq, RecordState::live, 0, ""}, true, search);
  }

  void create_activity() {
    const Id deal = deals_.second == 0 ? 0 : 1 + static_cast<Id>(dice_.below(deals_.second));
    create(kActivity,
           fmt::format(R"({{"kind":"call","status":"done","direction":"outbound","outcome":"connected","owner":{},)"
                       R"("contact":{},"deal":{},"duration_seconds":{}}})",
                       3 + dice_.below(50), 1000 + dice_.below(200'000), deal, dice_.below(900)),
           dice_.below(2) == 0 ? "" : R"({"subject":"Asked for the offer again"})", "");
  }

  void create_contact() {
    const std::string name = name_of(dice_);
    const std::string email = fmt::format("{}{}@example.com", name.substr(0, name.find(' ')), dice_.below(1000));
    create(kContact, fmt::format(R"({{"account":{},"owner":{}}})", dice_.below(50'000), dice_.below(50)),
           fmt::format(R"({{"name":"{}","email":"{}"}})", name, email), name + "\n" + email);
  }

  void create_deal() {
    const std::string name = name_of(dice_) + " deal";
    create(kDeal,
           fmt::format(R"({{"name":"{}","account":{},"owner":{},"pipeline":2,"stage":{},"amount_minor":{},)"
                       R"("currency":"EUR"}})",
                       name, dice_.below(50'000), dice_.below(50), dice_.below(6), dice_.below(10'000'000)),
           "", name);
  }

  void edit_deal() {
    const Id id = 1 + static_cast<Id>(dice_.below(deals_.second));
    StoredRecord record = *transaction_->record(kDeal, id);
    json::object body = parse_stored(record.body);
    const json::object changes{{"amount_minor", static_cast<std::int64_t>(dice_.below(10'000'000))}};
    fold(body, changes);
    append(EntryKind::changed, kDeal, id, record.version, json::serialize(changes), "");
    record.version = head_.seq;
    record.body = json::serialize(body);
    transaction_->put(record, false, body.at("name").as_string());
  }

  const std::filesystem::path folder_;
  Figures& figures_;
  Dice dice_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Transaction> transaction_;
  Head head_;
  Instant now_{1'700'000'000 * kSecond};
  std::pair<Id, Id> deals_, contacts_;
  double rate_ = 0;

  template <class Work>
  void measure(const std::string& what, int times, const Work& work) {
    std::vector<double> took;
    for (int i = 0; i < times; ++i) {
      const Watch watch;
      const auto reader = ledger_->read();
      work(*reader);
      took.push_back(watch.seconds() * 1000);
    }
    figures_.add(what + ", p50", percentile(took, 0.5), "ms");
    figures_.add(what + ", p95", percentile(took, 0.95), "ms");
  }
};

}  // namespace

int main() {
  const Seq part = std::getenv("TRACTION_BENCH_SMALL") ? 10 : 1;
  std::string folder = (std::filesystem::temp_directory_path() / "ledger_bench_XXXXXX").string();
  CHECK(mkdtemp(folder.data()));
  Figures figures;
  {
    Bench bench(folder, figures);
    bench.load(50'000 / part, 950'000 / part);
    bench.group_commit(static_cast<int>(2'000 / part));
    bench.bare(static_cast<int>(2'000 / part));
    bench.scan();
    bench.load_contacts(1'000'000 / part);
    bench.read(400);
    bench.whole();
  }
  std::filesystem::remove_all(folder);
  fmt::print("{}\n", figures.json());
}
