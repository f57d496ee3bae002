#include "app/export.h"

#include <fmt/format.h>

#include <unordered_map>

#include "app/import/csv.h"
#include "app/resolve.h"
#include "base/instant.h"
#include "base/text.h"

namespace traction {

namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMostTitles = 100'000;

// The column of a field: money in major units is not called minor.
std::string column_of(const Field& field) {
  constexpr std::string_view kMinor = "_minor";
  const bool money = field.type == FieldType::money && field.name.ends_with(kMinor);
  return money ? field.name.substr(0, field.name.size() - kMinor.size()) : field.name;
}

class Exporter {
 public:
  Exporter(Reader& reader, const Schema& schema, const RecordType& type, std::string_view currency)
      : reader_(reader), schema_(schema), type_(type), currency_(currency) {}

  std::string header() const {
    std::string line = "id,created_at";
    if (type_.name == "deal") line += ",first_stage";
    for (const Field& field : type_.fields) {
      line += ',' + column_of(field);
      if (field.type == FieldType::reference) line += ',' + field.name + "_id";
    }
    return line + '\n';
  }

  std::string row(const StoredRecord& stored) {
    const json::object body = parse_stored(stored.body);
    const auto made = reader_.entry(stored.id);
    std::string line = fmt::format("{},{}", stored.id, made ? created_at(made->entry) : "");
    if (type_.name == "deal") line += ',' + csv_cell(made ? first_stage(made->entry, body) : "");
    const json::value* own_currency = body.if_contains("currency");
    const std::string currency(own_currency && own_currency->is_string() ? std::string_view(own_currency->get_string())
                                                                         : currency_);
    for (const Field& field : type_.fields) {
      const json::value* value = body.if_contains(field.name);
      const bool empty = value == nullptr || value->is_null();
      line += ',';
      if (field.type != FieldType::reference) {
        if (!empty) line += csv_cell(to_text(field, *value, currency));
      } else {
        if (!empty) line += csv_cell(title(field.references, value->as_int64()));
        line += ',';
        if (!empty) line += std::to_string(value->as_int64());
      }
    }
    return line + '\n';
  }

  std::string object(const StoredRecord& stored) {
    json::object line{{"id", stored.id}, {"created_at", nullptr}};
    const auto made = reader_.entry(stored.id);
    if (made && made->entry.occurred_at) line["created_at"] = created_at(made->entry);
    const json::object body = parse_stored(stored.body);
    for (const Field& field : type_.fields) {
      const json::value* value = body.if_contains(field.name);
      if (value == nullptr) continue;
      line[field.name] =
          field.type == FieldType::instant ? json::value(to_text(field, *value, currency_)) : json::value(*value);
    }
    return json::serialize(line) + '\n';
  }

 private:
  static std::string created_at(const Entry& made) { return made.occurred_at ? to_string(*made.occurred_at) : ""; }

  // Empty where a deal came back to the stage it began in: then only its present stay is told.
  std::string first_stage(const Entry& made, const json::object& body) {
    const json::object first = parse_stored(made.plain);
    const json::value* stage = first.if_contains("stage");
    if (stage == nullptr || !stage->is_int64()) return "";
    const json::value* since = body.if_contains("stage_since");
    const bool same_time = since && made.occurred_at ? since->as_int64() == made.occurred_at->micros
                                                     : since == nullptr && !made.occurred_at;
    return *stage == body.at("stage") && !same_time ? "" : title("stage", stage->as_int64());
  }

  const std::string& title(const std::string& type_name, Id id) {
    if (titles_.size() > kMostTitles) titles_.clear();
    const auto [place, fresh] = titles_.try_emplace(id);
    if (fresh) {
      const RecordType& type = schema_.need(type_name);
      const auto root = root_of(reader_, type, id);
      place->second = title_of(reader_, type, root ? root->id : id);
    }
    return place->second;
  }

  Reader& reader_;
  const Schema& schema_;
  const RecordType& type_;
  const std::string currency_;
  std::unordered_map<Id, std::string> titles_;
};

}  // namespace

Result<std::int64_t> export_records(Reader& reader, const Schema& schema, std::string_view type_name,
                                    ExportFormat format, std::string_view currency,
                                    const std::function<void(std::string_view)>& write) {
  const RecordType* type = schema.type(type_name);
  if (type == nullptr) {
    const auto names = schema.type_names();
    return refuse(
        Code::unknown, "type",
        fmt::format("There is no record type \"{}\".{}", excerpt(type_name), did_you_mean(excerpt(type_name), names)));
  }
  Exporter exporter(reader, schema, *type, currency);
  std::string piece = format == ExportFormat::csv ? exporter.header() : "";
  std::int64_t count = 0;
  reader.records(type->number, 0, [&](const StoredRecord& stored) {
    if (stored.state != RecordState::live) return true;
    piece += format == ExportFormat::csv ? exporter.row(stored) : exporter.object(stored);
    ++count;
    if (piece.size() >= kPiece) {
      write(piece);
      piece.clear();
    }
    return true;
  });
  if (!piece.empty()) write(piece);
  return count;
}

std::string export_mapping(const Schema& schema, const RecordType& type) {
  std::string map = fmt::format("# Imports again what `traction export {}` wrote.\n[[record]]\ntype = \"{}\"\n",
                                type.name, type.name);
  const bool deal = type.name == "deal";
  if (!deal) map += "occurred = \"created_at\"\n";
  map += "\n[record.fields]\n";
  for (const Field& field : type.fields)
    if (!field.system && !(deal && field.name == "stage") &&
        (field.references.empty() || schema.need(field.references).field("name")))
      map += fmt::format("{} = \"{}\"\n", field.name, column_of(field));
  if (deal)
    map +=
        "\n[[record.history]]\nstage = \"first_stage\"\non = \"created_at\"\n"
        "\n[[record.history]]\nstage = \"stage\"\non = \"stage_since\"\n";
  return map;
}

}  // namespace traction
