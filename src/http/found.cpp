#include "http/found.h"

#include <fmt/format.h>

#include "app/record_json.h"
#include "domain/decide.h"

namespace traction {

std::optional<StoredRecord> find_record(Reader& reader, const RecordType& type, const Ref& target) {
  Id id = 0;
  if (const Id* given = std::get_if<Id>(&target)) id = *given;
  if (const std::string* client_ref = std::get_if<std::string>(&target)) id = reader.key(client_ref_key(*client_ref));
  return id == 0 ? std::nullopt : reader.record(type.number, id);
}

json::array records_json(const Context& context, const Schema& schema, Reader& reader,
                         std::span<const StoredRecord> records) {
  Titles titles(reader, schema);
  Titles* const wanted = context.flag("titles") ? &titles : nullptr;
  json::array all;
  all.reserve(records.size());
  for (const StoredRecord& record : records) all.emplace_back(record_json(*schema.type(record.type), record, wanted));
  return all;
}

Parameter limit_parameter(std::int64_t usual, std::int64_t most) {
  return {.name = "limit",
          .about = fmt::format("How many at most; {} unless given.", usual),
          .kind = Parameter::Kind::integer,
          .min = 1,
          .max = most,
          .example = std::to_string(usual)};
}

Parameter cursor_parameter() {
  return {.name = "cursor", .about = "`next` of the page before; left out: from the beginning.", .max_length = 8'000};
}

Parameter titles_parameter() {
  return {.name = "titles",
          .about = "Also give what the records are called that are referred to.",
          .kind = Parameter::Kind::boolean};
}

}  // namespace traction
