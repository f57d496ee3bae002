#include "crash/story.h"

#include <fmt/format.h>

#include "base/check.h"

namespace traction::test {
namespace {

constexpr std::uint64_t kKeyOffset = 1'000'000;

}  // namespace

Folder::Folder() {
  const std::filesystem::path memory("/dev/shm");
  std::error_code ignored;
  const auto where = std::filesystem::is_directory(memory, ignored) ? memory : std::filesystem::temp_directory_path();
  std::string name = (where / "traction_crash_XXXXXX").string();
  CHECK(mkdtemp(name.data()));
  folder_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Story::act(Hand& hand, Transaction& transaction) {
  const Seq head = transaction.head().seq;
  const std::string words(random_.below(20) == 0 ? 5000 : random_.below(60), 'w');
  const Id id = head == 0 ? 0 : 1 + static_cast<Id>(random_.below(static_cast<std::uint64_t>(head)));
  const auto person = head == 0 ? std::nullopt : transaction.record(kPerson, id);
  const std::uint64_t choice = random_.below(10);
  if (!person || choice < 4) {
    constexpr std::array kTypes{kPerson, kFirm, kCall};
    hand.create(kTypes[random_.below(kTypes.size())], fmt::format("Name {} {}", head, words), fmt::format("c{}", head));
  } else if (choice < 8) {
    hand.rename(kPerson, id, fmt::format("Renamed {} {}", head, words));
  } else if (choice < 9) {
    person->state == RecordState::deleted ? hand.restore(kPerson, id) : hand.remove(kPerson, id);
  } else {
    hand.erase(kPerson, id);
  }
}

std::int64_t Story::commit() {
  const auto transaction = ledger_->begin();
  Hand hand(*transaction, schema_, random_);
  const Head before = transaction->head();
  for (std::uint64_t i = 0, count = 1 + random_.below(8); i < count; ++i) act(hand, *transaction);
  const std::int64_t number = ++begun_;
  const Head after = transaction->head();
  transaction->remember(kKeyOffset + static_cast<std::uint64_t>(number),
                        {1, before.seq + 1, static_cast<std::int32_t>(after.seq - before.seq)}, hand.now);
  heads_[number] = after;
  transaction->commit();
  done_.push_back(number);
  return number;
}

std::string Story::audit(Ledger& ledger, std::int64_t acknowledged) {
  const auto verified = verify(ledger, schema_);
  if (!verified) return "it does not verify: " + to_string(verified.error());
  const auto reader = ledger.read();
  const Head head = reader->head();
  if (acknowledged > 0) {
    const Head& promised = heads_.at(acknowledged);
    if (head.seq < promised.seq) return fmt::format("{} of {} entries are lost", promised.seq - head.seq, promised.seq);
    if (reader->entry(promised.seq)->hash != promised.hash) return "an acknowledged entry is another one";
    for (const std::int64_t number : done_)
      if (number <= acknowledged && !reader->remembered(kKeyOffset + static_cast<std::uint64_t>(number), {}))
        return "a key is forgotten";
  }
  bool known = head.seq == 0;
  for (const auto& [number, begun] : heads_) known |= begun.seq == head.seq && begun.hash == head.hash;
  if (!known) return "it holds half of a commit";
  const auto transaction = ledger.begin();
  Hand(*transaction, schema_, random_).create(kFirm, "After the crash");
  transaction->commit();
  return "";
}

}  // namespace traction::test
