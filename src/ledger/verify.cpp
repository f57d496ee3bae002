#include <fmt/format.h>

#include "base/fault.h"
#include "base/fold.h"
#include "ledger/body.h"
#include "ledger/chain.h"

namespace traction {
namespace {

constexpr Seq kReportEvery = 1 << 16;

tl::unexpected<Refusal> damaged(std::string place, std::string_view why) {
  return refuse(Code::damaged, std::move(place), fmt::format("{} Restore the ledger from a backup.", why));
}
tl::unexpected<Refusal> damaged_entry(Seq seq, std::string_view why) {
  return damaged(fmt::format("entry {}", seq), why);
}
tl::unexpected<Refusal> damaged_record(Id id, std::string_view why) {
  return damaged(fmt::format("record {}", id), why);
}

// One pass over the entries. A record is checked when the pass comes to its last entry, by walking back from there;
// that every entry lies on exactly one such walk shows in the sum of their lengths. So memory does not grow with the
// ledger.
class Verifier {
 public:
  Verifier(Reader& reader, const Schema& schema) : reader_(reader), schema_(schema) {}

  Result<Verified> run(const std::function<void(Seq, Seq)>& progress) {
    if (const std::string damage = reader_.damage(); !damage.empty()) return damaged("", damage);
    const Head head = reader_.head();
    Result<void> checked;
    reader_.entries(0, head.seq, [&](const StoredEntry& stored) {
      if (progress && stored.entry.seq % kReportEvery == 0) progress(stored.entry.seq, head.seq);
      checked = entry(stored);
      return checked.has_value();
    });
    if (!checked) return refuse(checked);
    if (verified_.entries != head.seq || verified_.head != head.hash)
      return damaged_entry(verified_.entries + 1, "Entries are missing.");
    if (walked_ != head.seq) return damaged("", "Some entries belong to no record's history.");
    if (auto counted = totals(); !counted) return refuse(counted);
    if (progress) progress(head.seq, head.seq);
    return verified_;
  }

 private:
  Result<void> entry(const StoredEntry& stored) {
    const Entry& e = stored.entry;
    if (e.seq != verified_.entries + 1) return damaged_entry(verified_.entries + 1, "This entry is missing.");
    if (e.personal && personal_digest(stored.salt, *e.personal) != stored.personal_digest)
      return damaged_entry(e.seq, "Its personal fields are not the ones that were recorded.");
    if (chain_hash(stored, verified_.head) != stored.hash)
      return damaged_entry(e.seq, "It is not what was recorded, or an entry before it is not.");
    if (e.recorded_at < recorded_at_) return damaged_entry(e.seq, "It was recorded before the entry that precedes it.");
    const bool creates = e.kind == EntryKind::created;
    if (creates ? e.record != e.seq || e.previous != 0 : e.record >= e.seq || e.previous < e.record)
      return damaged_entry(e.seq, "It does not say rightly to which record it belongs.");
    verified_.entries = e.seq;
    verified_.head = stored.hash;
    recorded_at_ = e.recorded_at;

    const auto found = reader_.record(e.type, e.record);
    if (!found || found->version < e.seq)
      return damaged_record(e.record, fmt::format("It knows nothing of entry {}.", e.seq));
    return found->version == e.seq ? record(*found, e) : Result<void>();
  }

  // Checks a record of which `last` is the last entry.
  Result<void> record(const StoredRecord& found, const Entry& last) {
    ++verified_.records;
    Record folded_record;
    if (last.kind == EntryKind::created) {
      ++walked_;
      apply(folded_record, last);
    } else {
      std::vector<Entry> history{last};
      while (history.back().kind != EntryKind::created) {
        auto before = reader_.entry(history.back().previous);
        if (!before || before->entry.record != last.record || before->entry.type != last.type)
          return damaged_record(last.record, "Its history is broken.");
        history.push_back(std::move(before->entry));
      }
      walked_ += static_cast<Seq>(history.size());
      for (auto step = history.rbegin(); step != history.rend(); ++step) apply(folded_record, *step);
    }
    if (found.state != folded_record.state || found.merged_into != folded_record.merged_into ||
        parse_stored(found.body) != folded_record.body)
      return damaged_record(last.record, "It is not what its entries say.");
    return indexes(folded_record);
  }

  Result<void> indexes(const Record& record) {
    const RecordType* type = schema_.type(record.type);
    if (!type) return damaged_record(record.id, fmt::format("It is of a type {} that is not defined.", record.type));
    const bool live = record.state == RecordState::live;
    for (const std::string& key : held_keys(*type, record)) {
      if (reader_.key(key) != record.id)
        return damaged_record(record.id, fmt::format("It does not hold its unique value {}.", key));
      ++keys_;
    }
    if (!type->small) return {};
    const std::string text = live ? folded(search_text(*type, record.body)) : "";
    searchable_ += !text.empty();
    if (reader_.search_text(record.type, record.id) != text)
      return damaged_record(record.id, "The search finds it by other words than its own.");
    return {};
  }

  // Whatever is in the store is there because of an entry: nothing must be left over.
  Result<void> totals() {
    const Counts counts = reader_.counts();
    if (counts.records != verified_.records) return damaged("", "There are records without entries.");
    if (counts.searchable != searchable_) return damaged("", "The search knows records that should not be found.");
    Result<void> checked;
    std::int64_t keys = 0;
    reader_.keys([&](std::string_view key, Id record) {
      keys += !key.starts_with(client_ref_key(""));
      if (record < 1 || record > verified_.entries)
        checked = damaged(std::string(key), "A unique value is held by a record that is not there.");
      return checked.has_value();
    });
    if (checked && keys != keys_) checked = damaged("", "There are unique values that no record has.");
    return checked;
  }

  Reader& reader_;
  const Schema& schema_;
  Verified verified_;
  Instant recorded_at_{std::numeric_limits<std::int64_t>::min()};
  Seq walked_ = 0;
  std::int64_t keys_ = 0;
  std::int64_t searchable_ = 0;
};

}  // namespace

Result<Verified> verify(Ledger& ledger, const Schema& schema, const std::function<void(Seq, Seq)>& progress) {
  try {
    const auto reader = ledger.read();
    return Verifier(*reader, schema).run(progress);
  } catch (const Fault& fault) {
    if (fault.kind() != Fault::Kind::damaged) throw;
    return refuse(Code::damaged, "", fault.what());
  }
}

}  // namespace traction
