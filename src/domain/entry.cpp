#include "domain/entry.h"

#include "base/check.h"
#include "base/fault.h"

namespace traction {

std::string_view name(EntryKind kind) {
  switch (kind) {
    case EntryKind::created:
      return "created";
    case EntryKind::changed:
      return "changed";
    case EntryKind::deleted:
      return "deleted";
    case EntryKind::restored:
      return "restored";
    case EntryKind::merged:
      return "merged";
    case EntryKind::unmerged:
      return "unmerged";
    case EntryKind::erased:
      return "erased";
  }
  return "unknown";  // a stored number from a newer program
}

void fold(json::object& body, const json::object& changes) {
  for (const auto& [key, value] : changes) {
    if (!value.is_null())
      body[key] = value;
    else if (const auto place = body.find(key); place != body.end())
      body.stable_erase(place);
  }
}

void apply(Record& record, const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::created:
      record.id = entry.record;
      record.type = entry.type;
      [[fallthrough]];
    case EntryKind::changed:
      fold(record.body, parse_stored(entry.plain));
      if (entry.personal && !entry.personal->empty()) fold(record.body, parse_stored(*entry.personal));
      break;
    case EntryKind::deleted:
      record.state = RecordState::deleted;
      break;
    case EntryKind::merged: {
      const json::object plain = parse_stored(entry.plain);
      const json::value* into = plain.if_contains("into");
      if (!into || !into->is_int64()) throw Fault(Fault::Kind::damaged, "a stored merge does not say into what");
      record.state = RecordState::merged;
      record.merged_into = into->get_int64();
      break;
    }
    case EntryKind::restored:
    case EntryKind::unmerged:
      record.state = RecordState::live;
      record.merged_into = 0;
      break;
    case EntryKind::erased:
      break;
  }
  record.version = entry.seq;
}

}  // namespace traction
