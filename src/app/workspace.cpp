#include "app/workspace.h"

#include "app/writer.h"

namespace traction {

Workspace::Workspace(std::string name, std::unique_ptr<Ledger> ledger, std::shared_ptr<const Definitions> definitions,
                     MartOptions mart, Clock& clock, Random& random)
    : name_(std::move(name)),
      ledger_(std::move(ledger)),
      definitions_(std::move(definitions)),
      mart_options_(std::move(mart)),
      clock_(clock) {
  WriterOptions options;
  options.committed = [this](Seq head) {
    const std::lock_guard lock(told_mutex_);
    if (told_) told_(head);
  };
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

std::shared_ptr<const Schema> Workspace::schema() { return writer_->schema(); }

std::future<Result<Outcome>> Workspace::submit(Command command) { return writer_->submit(std::move(command)); }

Result<Outcome> Workspace::execute(Command command) { return submit(std::move(command)).get(); }

void Workspace::on_commit(std::function<void(Seq head)> told) {
  const std::lock_guard lock(told_mutex_);
  told_ = std::move(told);
}

Mart* Workspace::mart() {
  const std::lock_guard lock(mart_mutex_);
  if (!mart_) mart_ = Mart::open(mart_options_, definitions_->schema, definitions_->facts, *ledger_);
  return mart_.get();
}

Mart* Workspace::fresh_mart(const Progress& progress) {
  Mart* const current = mart();
  current->catch_up(progress);
  return current;
}

}  // namespace traction
