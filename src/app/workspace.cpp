#include "app/workspace.h"

#include "app/own_metrics.h"
#include "domain/decide.h"
#include "ledger/chain.h"

namespace traction {

Workspace::Workspace(std::string name, std::unique_ptr<Ledger> ledger, std::shared_ptr<const Definitions> definitions,
                     MartOptions mart, Clock& clock, Random& random)
    : name_(std::move(name)),
      ledger_(std::move(ledger)),
      definitions_(std::move(definitions)),
      mart_options_(std::move(mart)),
      clock_(clock) {
  WriterOptions options;
  options.metrics = definitions_->catalogue;
  options.committed = [this](Seq head) { commits_.tell(head); };
  writer_ = std::make_unique<Writer>(*ledger_, definitions_->schema, clock, random, std::move(options));
}

Workspace::~Workspace() = default;

Result<Outcome> Workspace::begin(json::object settings) {
  if (begun()) return refuse(Code::rule, "workspace", "This workspace has its settings already; change them instead.");
  Command command;
  Action& first = command.actions.emplace_back();
  first.type = "workspace";
  first.fields = std::move(settings);
  return execute(std::move(command));
}

bool Workspace::begun() { return ledger_->read()->head().seq > 0; }

json::object Workspace::settings() {
  const auto stored = ledger_->read()->newest(definitions_->schema.need("workspace").number, INT64_MAX, 1);
  return stored.empty() ? json::object{} : parse_stored(stored.front().body);
}

json::object Workspace::settings(Instant as_of) {
  const auto reader = ledger_->read();
  const auto stored = reader->newest(definitions_->schema.need("workspace").number, INT64_MAX, 1);
  std::vector<Entry> known;  // the latest first
  for (Seq seq = stored.empty() ? 0 : stored.front().version; seq != 0;) {
    Entry entry = reader->entry(seq).value().entry;
    seq = entry.previous;
    if (entry.recorded_at <= as_of) known.push_back(std::move(entry));
  }
  Record record;
  for (auto entry = known.rbegin(); entry != known.rend(); ++entry) apply(record, *entry);
  return record.body;
}

std::shared_ptr<const Schema> Workspace::schema() { return writer_->schema(); }

std::shared_ptr<const Catalogue> Workspace::catalogue() { return writer_->catalogue(); }

std::shared_ptr<const Catalogue> Workspace::catalogue_at(Seq at) {
  return std::make_shared<Catalogue>(workspace_catalogue_at(definitions_->catalogue, *schema(), *ledger_->read(), at));
}

void Workspace::submit(Command command, Told told) { writer_->submit(std::move(command), std::move(told)); }

std::future<Result<Outcome>> Workspace::submit(Command command) { return writer_->submit(std::move(command)); }

Result<Outcome> Workspace::execute(Command command) { return submit(std::move(command)).get(); }

bool Workspace::remembers(std::string_view idempotency_key) {
  const Instant since{clock_.now().micros - kKeyHours * 3600 * kSecond};
  return !idempotency_key.empty() && ledger_->read()->remembered(short_digest(idempotency_key), since).has_value();
}

Mart* Workspace::mart() {
  const std::lock_guard lock(mart_mutex_);
  if (!mart_) mart_ = Mart::open(mart_options_, definitions_->schema, definitions_->facts, *ledger_);
  return mart_.get();
}

Mart* Workspace::mart_at(Seq at_least, const Progress& progress) {
  Mart* const current = mart();
  const Seq before = current->applied();
  if (before > 0 && before >= at_least) return current;
  current->catch_up(progress);
  if (const Seq applied = current->applied(); applied != before) applications_.tell(applied);
  return current;
}

std::unique_ptr<MartReader> Workspace::read_mart(Seq at_least) {
  for (;;) {
    auto reader = mart_at(at_least)->read();
    // Made anew in between it knows nothing, and then everything at once.
    if (reader->seq() > 0 || !begun()) return reader;
  }
}

}  // namespace traction
