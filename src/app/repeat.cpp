#include "app/repeat.h"

#include <vector>

#include "base/fault.h"

namespace traction {
namespace {

class Repeat {
 public:
  Repeat(Reader& reader, const Schema& schema, const Remembered& remembered)
      : reader_(reader), schema_(schema), at_(remembered.first), end_(remembered.first + remembered.count) {}

  Outcome run(const Command& command) {
    Outcome outcome{.actions = {}, .seq = end_ - 1, .repeated = true};
    for (const Action& action : command.actions) outcome.actions.push_back(done(action));
    return outcome;
  }

 private:
  Done done(const Action& action) {
    if (action.verb == Verb::create) {
      made_.push_back(at_);
      return {at_, at_++};
    }
    const Id id = target(action.target);
    if (action.verb != Verb::change || is_change_of(id)) {
      const Seq version = at_;
      at_ += 1 + static_cast<Seq>(entries_with(entry(at_)));
      return {id, version};
    }
    return {id, version_before(action.type, id)};
  }

  Id target(const Ref& ref) {
    if (const Id* id = std::get_if<Id>(&ref)) return *id;
    if (const NewRef* made = std::get_if<NewRef>(&ref)) return made_.at(made->index);
    return reader_.key(client_ref_key(std::get<std::string>(ref)));
  }

  bool is_change_of(Id id) {
    if (at_ == end_) return false;
    const Entry next = entry(at_);
    return next.kind == EntryKind::changed && next.record == id;
  }

  Seq version_before(const std::string& type_name, Id id) {
    const auto record = reader_.record(schema_.need(type_name).number, id);
    Seq version = record ? record->version : 0;
    while (version >= at_) version = entry(version).previous;
    return version;
  }

  Entry entry(Seq seq) {
    auto stored = reader_.entry(seq);
    if (!stored) throw Fault(Fault::Kind::damaged, "a remembered entry is missing");
    return std::move(stored->entry);
  }

  Reader& reader_;
  const Schema& schema_;
  Seq at_;
  const Seq end_;
  std::vector<Id> made_;
};

}  // namespace

Outcome repeat(Reader& reader, const Schema& schema, const Command& command, const Remembered& remembered) {
  return Repeat(reader, schema, remembered).run(command);
}

}  // namespace traction
