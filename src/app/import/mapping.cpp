#include "app/import/mapping.h"

#include <algorithm>

#include "base/text.h"
#include "schema/toml.h"

namespace traction {

namespace {

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

// The columns between braces of a pattern.
std::vector<std::string> pattern_columns(std::string_view pattern) {
  std::vector<std::string> columns;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) break;
    columns.emplace_back(pattern.substr(open + 1, close - open - 1));
  }
  return columns;
}

// Reads one mapping file; the first mistake is kept, what follows it is not looked at.
class Parser {
 public:
  Parser(const std::string& path, const Schema& schema, Mapping& mapping)
      : path_(path), schema_(schema), mapping_(mapping) {}

  std::optional<Refusal> run(const toml::table& root) {
    json::value ignored;
    TomlTable top(path_, root);
    for (const char* key : {"file", "column", "pipeline", "record"}) top.get(key, ignored);
    finish(top);
    if (const toml::table* file = table(root, "file")) read_file(*file);
    if (const toml::table* columns = table(root, "column")) read_columns(*columns);
    if (const toml::table* pipeline = table(root, "pipeline")) read_pipeline(*pipeline);
    const toml::array* records = root["record"].as_array();
    if (records == nullptr || records->empty() || !records->is_homogeneous(toml::node_type::table)) {
      fault(root, Code::required, "A mapping says with [[record]] which records a row makes.");
      return refusal_;
    }
    for (const toml::node& record : *records) read_record(*record.as_table());
    return refusal_;
  }

 private:
  void fault(const toml::node& node, Code code, std::string sentence) {
    if (!refusal_) refusal_ = Refusal{code, fmt::format("{}:{}", path_, line_of(node)), std::move(sentence)};
  }

  void finish(TomlTable& table) {
    table.nothing_else();
    if (!refusal_) refusal_ = table.refusal();
  }

  const toml::table* table(const toml::table& parent, std::string_view key) {
    const toml::node* node = parent.get(key);
    if (node != nullptr && !node->is_table()) fault(*node, Code::invalid, fmt::format("\"{}\" is a table.", key));
    return node != nullptr ? node->as_table() : nullptr;
  }

  // A key whose value is one character; nothing when it is missing or empty.
  std::optional<char> character(const toml::table& in, TomlTable& keys, std::string_view key) {
    std::string text;
    keys.get(key, text);
    if (text.empty()) return std::nullopt;
    if (text.size() > 1) fault(in, Code::invalid, fmt::format("\"{}\" is a single character.", key));
    return text[0];
  }

  // The keys that [file] and [column.NAME] share.
  void read_form(const toml::table& in, TomlTable& keys, CellForm& form) {
    keys.get("date", form.date);
    if (const auto decimal = character(in, keys, "decimal")) form.decimal = *decimal;
    if (const auto grouping = character(in, keys, "grouping")) form.grouping = *grouping;
    if (form.decimal != '.' && form.decimal != ',') fault(in, Code::invalid, "The decimal mark is \".\" or \",\".");
    if (form.decimal == form.grouping)
      fault(in, Code::invalid, "The decimal mark and the grouping mark cannot be the same.");
    if (!form.date.empty() && (form.date.find("%Y") == std::string::npos && form.date.find("%y") == std::string::npos &&
                               form.date.find("%F") == std::string::npos))
      fault(in, Code::invalid,
            fmt::format("The date form \"{}\" has no year (%Y); a form is such as \"%m/%d/%Y\" or \"%d.%m.%Y %H:%M\".",
                        form.date));
    std::vector<std::string> empty;
    keys.get("empty", empty);
    form.empty.insert(empty.begin(), empty.end());
  }

  void read_file(const toml::table& in) {
    TomlTable keys(path_, in);
    keys.get("name", mapping_.file);
    keys.get("encoding", mapping_.csv.encoding);
    keys.get("zone", mapping_.zone);
    if (const auto delimiter = character(in, keys, "delimiter")) mapping_.csv.delimiter = *delimiter;
    if (const auto quote = character(in, keys, "quote")) mapping_.csv.quote = *quote;
    read_form(in, keys, mapping_.form);
    finish(keys);
  }

  void read_columns(const toml::table& in) {
    for (const auto& [name, node] : in) {
      const toml::table* column = table(in, name.str());
      if (column == nullptr) return;
      CellForm form = mapping_.form;
      TomlTable keys(path_, *column);
      read_form(*column, keys, form);
      json::value ignored;
      keys.get("values", ignored);
      finish(keys);
      if (const toml::table* values = table(*column, "values"))
        for (const auto& [from, to] : *values) {
          if (!to.is_string())
            fault(to, Code::invalid, "A translation is a text, as in \"GTXPro\" = \"GTX Pro\".");
          else
            form.values.emplace(from.str(), to.as_string()->get());
        }
      mapping_.columns.emplace(std::string(name.str()), std::move(form));
    }
  }

  void read_pipeline(const toml::table& in) {
    TomlTable keys(path_, in);
    json::value ignored;
    keys.get("name", mapping_.pipeline);
    keys.get("stages", ignored);
    finish(keys);
    if (mapping_.pipeline.empty()) return fault(in, Code::required, "A pipeline needs its name.");
    const toml::array* stages = in["stages"].as_array();
    if (stages == nullptr) return;
    const std::vector<std::string>& kinds = schema_.need("stage").field("kind")->choices;
    for (const toml::node& node : *stages) {
      if (!node.is_table()) return fault(node, Code::invalid, "A stage is written { name = \"Won\", kind = \"won\" }.");
      StageSetup stage;
      TomlTable stage_keys(path_, *node.as_table());
      stage_keys.get("name", stage.name);
      stage_keys.get("kind", stage.kind);
      finish(stage_keys);
      if (stage.name.empty()) fault(node, Code::required, "A stage needs its name.");
      if (std::find(kinds.begin(), kinds.end(), stage.kind) == kinds.end())
        fault(node, Code::unknown,
              fmt::format("There is no kind of stage \"{}\"; kinds are {}.{}", excerpt(stage.kind), enumerate(kinds),
                          did_you_mean(excerpt(stage.kind), kinds)));
      mapping_.stages.push_back(std::move(stage));
    }
  }

  // A source: a text is a column; a table names exactly one of column, value, text, record.
  ValueSource read_source(const toml::node& node, const Field* field) {
    ValueSource source;
    source.line = line_of(node);
    if (node.is_string()) {
      source.kind = ValueSource::Kind::column;
      source.text = node.as_string()->get();
      return source;
    }
    if (!node.is_table()) {
      fault(node, Code::invalid,
            "A field takes the name of a column, or a table such as { value = \"rep\" } or { text = \"{first} {last}\" "
            "}.");
      return source;
    }
    const toml::table& in = *node.as_table();
    TomlTable keys(path_, in);
    std::string missing;
    json::value constant, ignored;
    keys.get("value", constant);
    for (const char* key : {"column", "text", "record"}) keys.get(key, ignored);
    keys.get("by", source.by);
    keys.get("missing", missing);
    finish(keys);
    int given = 0;
    const auto take = [&](const char* key, ValueSource::Kind kind) {
      const toml::node* value = in.get(key);
      if (value == nullptr) return;
      ++given;
      source.kind = kind;
      if (value->is_string())
        source.text = value->as_string()->get();
      else if (kind == ValueSource::Kind::constant && !value->is_table() && !value->is_array())
        source.text = json::serialize(constant);
      else
        fault(*value, Code::invalid, fmt::format("\"{}\" takes a text.", key));
    };
    take("column", ValueSource::Kind::column);
    take("value", ValueSource::Kind::constant);
    take("text", ValueSource::Kind::pattern);
    take("record", ValueSource::Kind::record);
    if (given != 1) fault(in, Code::invalid, "A source has exactly one of column, value, text and record.");
    if (!missing.empty() && missing != "reject" && missing != "empty")
      fault(in, Code::unknown, "\"missing\" is \"reject\" or \"empty\".");
    source.may_miss = missing == "empty";
    if ((in.contains("by") || in.contains("missing")) && (field == nullptr || field->type != FieldType::reference))
      fault(in, Code::invalid, "\"by\" and \"missing\" are for fields that refer to another record.");
    return source;
  }

  void check_reference(const toml::node& node, const Field& field, const ValueSource& source) {
    const RecordType& other = schema_.need(field.references);
    if (source.kind == ValueSource::Kind::record) {
      for (const RecordMapping& made : mapping_.records)
        if (made.as == source.text) {
          if (made.type != other.name)
            fault(node, Code::invalid,
                  fmt::format("\"{}\" takes a record of type {}, and \"{}\" is one of type {}.", field.name, other.name,
                              source.text, made.type));
          return;
        }
      return fault(node, Code::unknown,
                   fmt::format("No [[record]] before this one is called \"{}\".", excerpt(source.text)));
    }
    if (source.by == "id") return;
    const Field* by = other.field(source.by);
    if (by == nullptr || by->type != FieldType::text)
      fault(node, Code::unknown,
            fmt::format("A record of type {} is not known by a text \"{}\"; use by = \"name\", "
                        "\"external_id\" or \"id\".",
                        other.name, excerpt(source.by)));
  }

  const Field* field_of(const toml::node& node, const RecordType& type, std::string_view name) {
    const Field* field = type.field(name);
    if (field == nullptr) {
      const std::vector<std::string> names = type.field_names();
      fault(node, Code::unknown,
            fmt::format("A record of type {} has no field \"{}\".{}", type.name, excerpt(name),
                        did_you_mean(excerpt(name), names)));
    }
    return field;
  }

  void read_record(const toml::table& in) {
    RecordMapping record;
    record.line = line_of(in);
    TomlTable keys(path_, in);
    std::string same;
    json::value ignored;
    keys.get("type", record.type);
    keys.get("as", record.as);
    keys.get("key", record.key);
    keys.get("same", same);
    keys.get("when", record.when);
    for (const char* key : {"occurred", "fields", "history"}) keys.get(key, ignored);
    finish(keys);
    const RecordType* type = schema_.type(record.type);
    const auto names = schema_.type_names();
    if (type == nullptr || type->single || type->name == "import" || type->name == "field" ||
        type->name == "own_metric")
      return fault(in, Code::unknown,
                   fmt::format("No record of type \"{}\" can be imported.{}", excerpt(record.type),
                               did_you_mean(excerpt(record.type), names)));
    if (record.as.empty()) record.as = record.type;
    for (const RecordMapping& other : mapping_.records)
      if (other.as == record.as)
        fault(in, Code::duplicate,
              fmt::format("Two records of the row are called \"{}\"; give one another name with \"as\".",
                          excerpt(record.as)));
    if (same == "update")
      record.same = Same::update;
    else if (same == "refuse")
      record.same = Same::refuse;
    else if (!same.empty() && same != "skip")
      fault(in, Code::unknown, "\"same\" is \"skip\", \"update\" or \"refuse\".");
    if (const toml::node* occurred = in.get("occurred")) record.occurred = read_source(*occurred, nullptr);
    if (const toml::table* fields = table(in, "fields"))
      for (const auto& [name, node] : *fields) {
        const Field* field = field_of(node, *type, name.str());
        if (field == nullptr) return;
        if (field->system)
          return fault(node, Code::invalid,
                       fmt::format("\"{}\" follows from the rules and cannot be given.", field->name));
        FieldSource source{field, read_source(node, field)};
        if (field->type == FieldType::reference)
          check_reference(node, *field, source.source);
        else if (source.source.kind == ValueSource::Kind::record)
          fault(node, Code::invalid, fmt::format("\"{}\" does not refer to a record.", field->name));
        record.fields.push_back(std::move(source));
      }
    read_history(in, record);
    if (in.get("key") == nullptr && has_field(record, "external_id")) record.key = "external_id";
    if (!record.key.empty()) {
      const Field* key = field_of(in, *type, record.key);
      if (key != nullptr && key->type != FieldType::text)
        fault(in, Code::invalid, fmt::format("A record is known again by a text, which \"{}\" is not.", key->name));
      if (!has_field(record, record.key))
        fault(in, Code::required, fmt::format("The key \"{}\" needs a source under [record.fields].", record.key));
    }
    for (const Field& field : type->fields)
      if (field.required && field.initial.is_null() && !has_field(record, field.name) &&
          !(field.name == "stage" && !record.history.empty()))
        fault(in, Code::required, fmt::format("A record of type {} needs \"{}\".", type->name, field.name));
    if (record.type == "activity" && !record.occurred)
      fault(in, Code::required, "An activity needs its time: occurred = \"COLUMN\".");
    // Money is read in its currency, so a currency comes first.
    std::stable_partition(record.fields.begin(), record.fields.end(),
                          [](const FieldSource& f) { return f.field->type == FieldType::currency; });
    mapping_.records.push_back(std::move(record));
  }

  void read_history(const toml::table& in, RecordMapping& record) {
    const toml::node* node = in.get("history");
    if (node == nullptr) return;
    if (record.type != "deal") return fault(*node, Code::invalid, "Only a deal has a history of stages.");
    if (has_field(record, "stage") || record.occurred)
      fault(*node, Code::invalid, "With a history, leave \"stage\" and \"occurred\" to it.");
    const toml::array* steps = node->as_array();
    if (steps == nullptr) return fault(*node, Code::invalid, "A history is written as [[record.history]] tables.");
    const Field* stage_field = schema_.need("deal").field("stage");
    for (const toml::node& step : *steps) {
      const toml::table* keys_in = step.as_table();
      if (keys_in == nullptr) return fault(step, Code::invalid, "A history is written as [[record.history]] tables.");
      TomlTable keys(path_, *keys_in);
      json::value ignored;
      keys.get("stage", ignored);
      keys.get("on", ignored);
      finish(keys);
      const toml::node *stage = keys_in->get("stage"), *on = keys_in->get("on");
      if (stage == nullptr || on == nullptr)
        return fault(step, Code::required,
                     "A step of a history needs its \"stage\" and the column \"on\" which day it began.");
      record.history.push_back({read_source(*stage, stage_field), read_source(*on, nullptr)});
    }
  }

  static bool has_field(const RecordMapping& record, std::string_view name) {
    return std::any_of(record.fields.begin(), record.fields.end(),
                       [&](const FieldSource& f) { return f.field->name == name; });
  }

  const std::string& path_;
  const Schema& schema_;
  Mapping& mapping_;
  std::optional<Refusal> refusal_;
};

// Calls `visit` with every source of the mapping and whether it is read as a date.
template <class AnyMapping, class Visit>
void for_each_source(AnyMapping& mapping, Visit visit) {
  for (auto& record : mapping.records) {
    if (record.occurred) visit(*record.occurred, true);
    for (auto& field : record.fields)
      visit(field.source, field.field->type == FieldType::date || field.field->type == FieldType::instant);
    for (auto& step : record.history) {
      visit(step.stage, false);
      visit(step.on, true);
    }
  }
}

}  // namespace

const CellForm& Mapping::form_of(std::string_view column) const {
  const auto found = columns.find(column);
  return found == columns.end() ? form : found->second;
}

std::string Mapping::place(int line) const { return fmt::format("{}:{}", path, line); }

Result<void> Mapping::bind(const std::vector<std::string>& header) {
  for (const auto& [column, line] : named_columns()) {
    const auto count = std::count(header.begin(), header.end(), column);
    if (count == 0)
      return refuse(
          Code::unknown, place(line),
          fmt::format("The file has no column \"{}\".{}", excerpt(column), did_you_mean(excerpt(column), header)));
    if (count > 1)
      return refuse(Code::duplicate, place(line),
                    fmt::format("The file has {} columns \"{}\"; rename all but one.", count, excerpt(column)));
  }
  for_each_source(*this, [&](ValueSource& source, bool) {
    source.form = &form;
    if (source.kind != ValueSource::Kind::column) return;
    source.form = &form_of(source.text);
    source.column = static_cast<int>(std::find(header.begin(), header.end(), source.text) - header.begin());
  });
  return {};
}

std::set<std::string> Mapping::dated_columns() const {
  std::set<std::string> dated;
  for_each_source(*this, [&](const ValueSource& source, bool date) {
    if (date && source.kind == ValueSource::Kind::column) dated.insert(source.text);
  });
  return dated;
}

std::map<std::string, int> Mapping::named_columns() const {
  std::map<std::string, int> named;
  for_each_source(*this, [&](const ValueSource& source, bool) {
    if (source.kind == ValueSource::Kind::column) named.emplace(source.text, source.line);
    if (source.kind == ValueSource::Kind::pattern)
      for (std::string& column : pattern_columns(source.text)) named.emplace(std::move(column), source.line);
  });
  for (const RecordMapping& record : records)
    if (!record.when.empty()) named.emplace(record.when, record.line);
  return named;
}

std::set<std::string> Mapping::made_types() const {
  std::set<std::string> made;
  for (const RecordMapping& record : records) made.insert(record.type);
  return made;
}

std::set<std::string> Mapping::needed_types() const {
  std::set<std::string> needed;
  for (const RecordMapping& record : records)
    for (const FieldSource& field : record.fields)
      if (field.field->type == FieldType::reference && field.source.kind != ValueSource::Kind::record)
        needed.insert(field.field->references);
  for (const std::string& made : made_types()) needed.erase(made);
  return needed;
}

Result<Mapping> parse_mapping(const std::string& path, const std::string& text, const Schema& schema) {
  const Result<toml::table> root = parse_toml(path, text);
  if (!root) return refuse(root);
  Mapping mapping;
  mapping.path = path;
  mapping.text = text;
  if (auto refusal = Parser(path, schema, mapping).run(*root)) return tl::unexpected<Refusal>(std::move(*refusal));
  return mapping;
}

}  // namespace traction
