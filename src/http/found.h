// What the operations that show records share: finding the record of a path, pages of records, and the parameters that
// pages take. Any thread.
#pragma once

#include <optional>
#include <span>

#include "domain/command.h"
#include "http/route.h"
#include "ledger/ledger.h"

namespace traction {

// The record in whatever state; nullopt when the type has none of that id or client_ref.
std::optional<StoredRecord> find_record(Reader& reader, const RecordType& type, const Ref& target);

// Records of any type, with titles when ?titles=true asks for them.
json::array records_json(const Context& context, const Schema& schema, Reader& reader,
                         std::span<const StoredRecord> records);

// ?limit=, ?cursor= and ?titles=
Parameter limit_parameter(std::int64_t usual, std::int64_t most);
Parameter cursor_parameter();
Parameter titles_parameter();

}  // namespace traction
