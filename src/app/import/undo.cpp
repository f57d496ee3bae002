#include "app/import/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "app/import/file.h"
#include "app/resolve.h"
#include "app/store_records.h"
#include "base/text.h"

namespace traction {

namespace {

constexpr std::size_t kActionsAtOnce = 2'000;

class Undo {
 public:
  Undo(const ImportHost& host, Id import, Id actor) : host_(host), reader_(host.ledger.read()), actor_(actor) {
    report_.import = import;
  }

  Result<UndoReport> run(const std::function<void(std::int64_t, std::int64_t)>& progress) {
    const RecordType& type = host_.schema.need("import");
    const auto import = reader_->record(type.number, report_.import);
    if (!import) return refuse(Code::not_found, "import", fmt::format("There is no import {}.", report_.import));
    if (text_in(to_record(*import).body, "status") == "undone")
      return refuse(Code::rule, "import", fmt::format("Import {} was undone already.", report_.import));
    read_entries();
    keep_named();
    plan();
    for (std::size_t done = 0; done < actions_.size();) {
      const std::size_t end = std::min(actions_.size(), done + kActionsAtOnce);
      if (auto sent = send(done, end); !sent) return refuse(sent);
      done = end;
      if (progress) progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(actions_.size()));
    }
    Command last = command();
    Action mark;
    mark.verb = Verb::change;
    mark.type = "import";
    mark.target = report_.import;
    mark.fields = {{"status", "undone"}};
    last.actions.push_back(std::move(mark));
    if (auto marked = host_.submit(std::move(last)).get(); !marked) return refuse(marked);
    return std::move(report_);
  }

 private:
  struct Touched {
    std::int32_t type = 0;
    bool created = false;
    bool by_others = false;  // has entries of others after the import's first
  };

  Command command() const {
    Command command;
    command.actor = actor_;
    command.origin = report_.import;
    return command;
  }

  // Which records the import touched, and which of these others touched after it.
  void read_entries() {
    const std::int32_t own_type = host_.schema.need("import").number;
    reader_->entries(report_.import, reader_->head().seq, [&](const StoredEntry& stored) {
      const Entry& entry = stored.entry;
      if (entry.type == own_type) return true;
      if (entry.origin == report_.import) {
        Touched& touched = touched_[entry.record];
        touched.type = entry.type;
        touched.created = touched.created || entry.kind == EntryKind::created;
      } else if (const auto found = touched_.find(entry.record); found != touched_.end()) {
        found->second.by_others = true;
      }
      return true;
    });
  }

  void keep(const RecordType& type, const Record& record, std::string reason) {
    kept_.insert(record.id);
    report_.kept.push_back({type.name, record.id, title_of(type, record.id, record.body), std::move(reason)});
  }

  // Created records stay that others changed, or that a record which stays itself names.
  void keep_named() {
    std::unordered_map<Id, std::vector<std::pair<Id, const RecordType*>>> names;  // created record → those it names
    std::vector<std::pair<Id, std::string>> reasons;                              // to stay, and why
    for (const RecordType& type : host_.schema.types()) {
      reader_->records(type.number, 0, [&](const StoredRecord& stored) {
        if (stored.state == RecordState::deleted) return true;
        const Record record = to_record(stored);
        const auto own = touched_.find(record.id);
        const bool created = own != touched_.end() && own->second.created;
        if (created && own->second.by_others) reasons.emplace_back(record.id, "It was changed since by others.");
        for (const Field& field : type.fields) {
          const json::value* value = field.type == FieldType::reference ? record.body.if_contains(field.name) : nullptr;
          if (value == nullptr || !value->is_int64()) continue;
          const auto named = touched_.find(value->get_int64());
          if (named == touched_.end() || !named->second.created) continue;
          if (created)
            names[record.id].emplace_back(named->first, &type);
          else
            reasons.emplace_back(named->first, fmt::format("{} {} refers to it.", type.label, record.id));
        }
        if (created && record.state == RecordState::merged) names[record.id].emplace_back(record.merged_into, &type);
        return true;
      });
    }
    while (!reasons.empty()) {
      const auto [id, reason] = std::move(reasons.back());
      reasons.pop_back();
      if (kept_.contains(id) || !touched_.contains(id) || !touched_[id].created) continue;
      const RecordType& type = *host_.schema.type(touched_[id].type);
      const auto stored = reader_->record(type.number, id);
      if (!stored || stored->state == RecordState::deleted) continue;
      keep(type, to_record(*stored), reason);
      for (const auto& [named, naming_type] : names[id])
        reasons.emplace_back(named, fmt::format("{} {}, which stays, refers to it.", naming_type->label, id));
    }
    std::ranges::sort(report_.kept, {}, &Kept::record);
  }

  // Removals newest first, so that what names a record goes before it.
  void plan() {
    std::vector<Id> ids;
    for (const auto& [id, touched] : touched_) ids.push_back(id);
    std::sort(ids.rbegin(), ids.rend());
    for (const Id id : ids) {
      const Touched& touched = touched_[id];
      const RecordType& type = *host_.schema.type(touched.type);
      const auto stored = reader_->record(type.number, id);
      if (!stored) continue;
      if (!touched.created) {
        set_back(type, to_record(*stored));
      } else if (stored->state == RecordState::live && !kept_.contains(id)) {
        Action action;
        action.verb = Verb::remove;
        action.type = type.name;
        action.target = id;
        actions_.push_back(std::move(action));
      }
    }
  }

  // The fields that the import changed go back to what they were before its first entry about the record, unless
  // somebody changed them after its last.
  void set_back(const RecordType& type, const Record& record) {
    if (record.state != RecordState::live) return keep(type, record, "It is no longer there to be set back.");
    std::vector<Entry> history;
    for (Seq seq = record.version; seq != 0;) {
      auto entry = reader_->entry(seq);
      if (!entry) break;
      seq = entry->entry.previous;
      history.push_back(std::move(entry->entry));
    }
    Record before{.id = record.id, .type = record.type, .version = 0, .body = {}};
    json::object own, foreign;
    bool begun = false;
    for (auto entry = history.rbegin(); entry != history.rend(); ++entry) {
      const bool ours = entry->origin == report_.import;
      begun = begun || ours;
      if (!begun) {
        apply(before, *entry);
        continue;
      }
      if (entry->kind != EntryKind::changed) continue;
      json::object changes = parse_stored(entry->plain);
      if (entry->personal && !entry->personal->empty())
        for (auto& [name, value] : parse_stored(*entry->personal)) changes[name] = value;
      for (auto& [name, value] : changes) {
        (ours ? own : foreign)[name] = nullptr;
        if (ours) foreign.erase(name);
      }
    }
    Action action;
    action.verb = Verb::change;
    action.type = type.name;
    action.target = record.id;
    action.expected_version = record.version;
    std::vector<std::string> stay;
    for (const Field& field : type.fields) {
      if (field.system || !own.contains(field.name)) continue;
      const json::value* past = before.body.if_contains(field.name);
      const json::value* now = record.body.if_contains(field.name);
      const json::value former = past ? *past : json::value(nullptr);
      if ((now ? *now : json::value(nullptr)) == former) continue;
      if (foreign.contains(field.name))
        stay.push_back(lower(field.label));
      else
        action.fields[field.name] = former;
    }
    if (!stay.empty()) keep(type, record, fmt::format("Changed since by others: {}.", enumerate(stay)));
    if (!action.fields.empty()) actions_.push_back(std::move(action));
  }

  // Sends actions [begin, end) as one command; one that is refused is left out and reported.
  Result<void> send(std::size_t begin, std::size_t end) {
    std::vector<std::size_t> left;
    for (std::size_t i = begin; i < end; ++i) left.push_back(i);
    while (!left.empty()) {
      Command chunk = command();
      for (const std::size_t i : left) chunk.actions.push_back(actions_[i]);
      const auto outcome = host_.submit(std::move(chunk)).get();
      if (outcome) {
        for (const std::size_t i : left)
          ++(actions_[i].verb == Verb::remove ? report_.removed : report_.restored)[actions_[i].type];
        return {};
      }
      const auto refused = refused_action(outcome.error().field);
      if (!refused || *refused >= left.size()) return refuse(outcome);
      const Action& action = actions_[left[*refused]];
      const RecordType& type = host_.schema.need(action.type);
      const auto stored = reader_->record(type.number, std::get<Id>(action.target));
      keep(type, to_record(*stored), outcome.error().sentence);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(*refused));
    }
    return {};
  }

  const ImportHost& host_;
  const std::unique_ptr<Reader> reader_;  // one state, from before the first removal
  const Id actor_;
  UndoReport report_;
  std::unordered_map<Id, Touched> touched_;
  std::unordered_set<Id> kept_;
  std::vector<Action> actions_;
};

}  // namespace

Result<UndoReport> undo_import(const ImportHost& host, Id import, Id actor,
                               const std::function<void(std::int64_t, std::int64_t)>& progress) {
  return Undo(host, import, actor).run(progress);
}

}  // namespace traction
