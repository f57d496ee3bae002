#include <fmt/format.h>

#include "base/text.h"
#include "domain/rules.h"

namespace traction {
namespace {

// The person under every name, the given one first: what the record stands for, and all that was merged into that,
// however far down.
std::vector<Id> names_of(Batch& batch, const RecordType& type, const Record& person) {
  std::vector<Id> names{batch.root(type, person).id};
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const Id alias : batch.aliases(type, names[i])) names.push_back(alias);
  std::ranges::swap(names.front(), *std::ranges::find(names, person.id));
  return names;
}

// What other records took over from this one by a merge lies in an entry of theirs.
void forget_given(Batch& batch, const RecordType& type, const std::vector<Entry>& history) {
  for (const Entry& past : history) {
    if (past.kind != EntryKind::merged) continue;
    const json::object note = parse_stored(past.plain);
    if (note.contains("gave")) batch.forget(type, note.at("into").as_int64(), past.seq + 1);
  }
}

// Records about the person: an activity's note tells of the contact it names. Other persons' own data stay theirs.
void forget_about(Batch& batch, const RecordType& person_type, const std::vector<Id>& names) {
  for (const RecordType& type : batch.schema().types()) {
    if (allows(Verb::erase, type) || std::ranges::none_of(type.fields, &Field::personal)) continue;
    for (const Field& field : type.fields)
      if (field.references == person_type.name)
        for (const Id id : batch.naming(type, field, names)) batch.forget(type, id);
  }
}

}  // namespace

Result<Seq> erase(Batch& batch, const RecordType& type, const Record& person, std::optional<Instant> occurred_at) {
  if (!allows(Verb::erase, type))
    return refuse(Code::rule, "type", fmt::format("Only persons are erased; {} are not.", type.plural));
  const std::vector<Id> names = names_of(batch, type, person);
  json::object note;
  if (names.size() > 1) note["also"] = json::array(names.begin() + 1, names.end());
  Seq version = 0;
  for (const Id name : names) {
    forget_given(batch, type, batch.history(*batch.find(type, name)));
    batch.forget(type, name);
    const bool first = name == names.front();
    const Seq noted = batch.noted(EntryKind::erased, type, name, first ? json::serialize(note) : "{}", occurred_at);
    if (first) version = noted;
  }
  // A member's activities tell of the buyers, not of the member.
  if (type.name == "contact") forget_about(batch, type, names);
  return version;
}

}  // namespace traction
