#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "domain/rules.h"

namespace traction {
namespace {

constexpr std::string_view kParent = "parent";

bool is_tree(const RecordType& type) {
  const Field* parent = type.field(kParent);
  return parent && parent->references == type.name;
}

}  // namespace

bool is_above(Batch& batch, const RecordType& type, Id goal, Id from, Id apart) {
  if (!is_tree(type)) return false;
  std::set<Id> seen;
  for (Id at = from; at != 0;) {
    const Record* record = batch.find(type, at);
    if (record && record->id != apart) record = &batch.root(type, *record);
    if (!record) return false;
    if (record->id == goal) return true;
    if (!seen.insert(record->id).second) return false;
    const json::value* parent = record->body.if_contains(kParent);
    at = parent ? parent->get_int64() : 0;
  }
  return false;
}

Result<void> parent_rules(Batch& batch, const Change& change) {
  const json::value* parent = change.fields.if_contains(kParent);
  if (!change.before || !parent || !parent->is_int64()) return {};
  if (!is_above(batch, change.type, change.id, parent->get_int64())) return {};
  return refuse(Code::rule, fmt::format("fields.{}", kParent),
                fmt::format("That would put {} {} above itself.", lower(change.type.label), change.id));
}

}  // namespace traction
