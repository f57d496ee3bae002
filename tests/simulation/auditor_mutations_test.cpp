// Proves the auditor: definitions with one mistake each must make an engine that disagrees with it, at least 95 in a
// hundred. MUTATIONS says how many are tried, MUTATION_SEED which.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>

#include "app/definitions.h"
#include "base/fault.h"
#include "simulation/compared.h"
#include "simulation/mutations.h"

namespace traction {
namespace {

constexpr std::uint64_t kHistories = 16;  // as many as a mutation is not caught in
constexpr int kSteps = 400;
constexpr int kQuestions = 8;  // about each metric, of each history

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// A history and all that is asked about it, with the right definitions in force.
struct Subject {
  explicit Subject(std::uint64_t seed) : history(seed) {
    for (int i = 0; i < kSteps; ++i) history.step();
    history.story.tell();
    auditor::Auditor auditor(*history.story.ledger);
    mart = history.story.mart();
    mart->catch_up();
    Chance chance(seed * 77);
    for (const std::string& metric : auditor::Auditor::metrics())
      for (int i = 0; i < kQuestions; ++i) {
        const auditor::Inquiry inquiry = make_up(metric, chance, history.story.now);
        asked[metric].push_back({inquiry, auditor.reckon(inquiry)});
      }
  }

  History history;
  std::unique_ptr<Mart> mart;
  struct Asked {
    auditor::Inquiry inquiry;
    auditor::Reckoning reckoned;
  };
  std::map<std::string, std::vector<Asked>> asked;
};

class Trial {
 public:
  Trial()
      : fact_files_(read_definitions(TRACTION_SOURCE_DIR "/definitions", "facts", ".sql")),
        metric_files_(read_definitions(TRACTION_SOURCE_DIR "/definitions", "metrics", ".toml")),
        right_(Catalogue::load(metric_files_, load_facts(fact_files_).value(), shipped_schema()).value()) {}

  std::vector<Mutation> all() const { return mutations(fact_files_, metric_files_, right_); }

  enum class Fate { caught, survived, void_ };

  Fate fate(const Mutation& mutation) {
    std::vector<DefinitionFile> facts = fact_files_, metrics = metric_files_;
    (mutation.of_fact ? facts : metrics)[mutation.file].text = mutation.text;
    auto loaded = load_facts(facts);
    if (!loaded) return Fate::void_;
    const auto catalogue = Catalogue::load(metrics, *loaded, shipped_schema());
    if (!catalogue) return Fate::void_;
    try {
      for (std::size_t i = 0; i < kHistories; ++i)
        if (differs(subject(i), mutation, *catalogue, *loaded)) return Fate::caught;
    } catch (const Fault&) {
      return Fate::void_;  // the SQL makes no sense
    }
    return Fate::survived;
  }

 private:
  // Made when one is needed that was not before.
  Subject& subject(std::size_t place) {
    while (subjects_.size() <= place) subjects_.push_back(std::make_unique<Subject>(9001 + subjects_.size()));
    return *subjects_[place];
  }

  bool differs(Subject& subject, const Mutation& mutation, const Catalogue& catalogue,
               const std::vector<FactDefinition>& facts) {
    std::unique_ptr<Mart> wrong;
    if (mutation.of_fact) {
      wrong = Mart::open({.path = "", .memory_mb = 500, .threads = 1}, shipped_schema(), facts,
                         *subject.history.story.ledger);
      wrong->catch_up();
    }
    Mart& mart = wrong ? *wrong : *subject.mart;
    const std::set<std::string> wrong_facts =
        mutation.of_fact ? standing_on(fact_of(mutation)) : std::set<std::string>();
    for (const auto& [metric, all] : subject.asked) {
      if (!concerns(mutation, wrong_facts, metric, catalogue)) continue;
      for (const auto& [inquiry, reckoned] : all)
        if (!differences(mart, catalogue, subject.history.story.schema, reckoned, inquiry).empty()) return true;
    }
    return false;
  }

  // The fact a mutation is of: its file is called like it.
  std::string fact_of(const Mutation& mutation) const {
    return std::filesystem::path(fact_files_[mutation.file].path).stem().string();
  }

  // A fact and those made from it, directly or not.
  std::set<std::string> standing_on(const std::string& name) const {
    std::set<std::string> found{name};
    for (const FactDefinition& fact : right_.facts())  // in build order
      if (std::ranges::any_of(fact.reads, [&](const std::string& read) { return found.contains(read); }))
        found.insert(fact.name);
    return found;
  }

  // Whether a metric can be another with the mutation: its cases, or those they are held against.
  static bool concerns(const Mutation& mutation, const std::set<std::string>& wrong_facts, const std::string& metric,
                       const Catalogue& catalogue) {
    const auto found = catalogue.find(metric);
    if (!found) return true;
    return std::ranges::any_of(catalogue.leaves(**found), [&](const MetricDefinition* leaf) {
      const MetricDefinition* held = leaf->yardstick.given() ? catalogue.part(leaf->yardstick.metric) : leaf;
      return metric == mutation.metric || leaf->name == mutation.metric || held->name == mutation.metric ||
             wrong_facts.contains(leaf->from) || wrong_facts.contains(held->from);
    });
  }

  const std::vector<DefinitionFile> fact_files_, metric_files_;
  const Catalogue right_;
  std::vector<std::unique_ptr<Subject>> subjects_;
};

TEST(AuditorMutations, areCaught) {
  const std::uint64_t wanted = setting("MUTATIONS", 10), seed = setting("MUTATION_SEED", 1);
  Trial trial;
  std::vector<Mutation> all = trial.all();
  const auto audited = auditor::Auditor::metrics();
  std::erase_if(all, [&](const Mutation& mutation) {
    return !mutation.of_fact && std::ranges::find(audited, mutation.metric) == audited.end();
  });
  const std::size_t possible = all.size();
  Chance chance(seed);
  std::uint64_t caught = 0, tried = 0, replaced = 0;
  while (tried < wanted && !all.empty()) {
    const auto place = chance.below(std::ssize(all));
    const Mutation mutation = all[static_cast<std::size_t>(place)];
    all.erase(all.begin() + place);
    const Trial::Fate fate = trial.fate(mutation);
    if (fate == Trial::Fate::void_) {
      ++replaced;
      continue;
    }
    ++tried;
    caught += fate == Trial::Fate::caught;
    std::cout << (fate == Trial::Fate::caught ? "caught   " : "SURVIVED ") << mutation.words << "\n" << std::flush;
  }
  std::cout << caught << " of " << tried << " mutations caught (seed " << seed << ", " << possible << " possible, "
            << replaced << " replaced since they do not load)\n";
  EXPECT_GE(caught * 100, tried * (tried >= 100 ? 95 : 80));
}

}  // namespace
}  // namespace traction
