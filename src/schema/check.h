// The checks that every field and type passes, whether it comes from a definition file or from a workspace. Internal to
// schema/: called by load.cpp and by Schema::with_field. Pure, thread-safe.
#pragma once

#include <optional>
#include <span>

#include "schema/schema.h"

namespace traction {

// The kind of that name, or nullopt; and all their names.
std::optional<FieldType> field_type(std::string_view type_name);
std::vector<std::string> field_type_names();

// The first thing wrong with a field of `type`, which must be one of `type.fields` and is compared with those before
// it; with the key at fault ("choices") as the refusal's field; nullopt when all is well.
std::optional<Refusal> check_field(const RecordType& type, const Field& field, std::span<const RecordType> types);

// The same for what a type says of itself.
std::optional<Refusal> check_type(const RecordType& type);

}  // namespace traction
