// Plan: from a row of a file to the actions that bring it in, by a mapping: cells into values, names into records,
// known records skipped or updated, columns of dates into a deal's way through its stages. It writes nothing; records
// that are still to be made stand in the actions as {"new": place among all the import makes}. One thread at a time;
// app/import is the caller.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/import/csv.h"
#include "app/import/mapping.h"
#include "app/import/names.h"
#include "base/zone.h"
#include "domain/command.h"

namespace traction {

// Why a row did not get in.
struct Problem {
  std::int64_t row = 0;
  std::string column;  // "" = the row as a whole
  std::string value;
  std::string reason;  // a sentence
};

struct PlannedRow {
  std::int64_t number = 0;
  std::string_view raw;
  std::vector<Action> actions;  // none: all of it is there already
  std::int64_t made = 0;        // places of the records it makes: [made, made + creations)
};

class Planner {
 public:
  // `mapping` is bound to the file's header. Refused (not_found) when the pipeline it names does not exist, or several
  // do and it names none, while it needs stages.
  static Result<Planner> make(const Schema& schema, const Mapping& mapping, const std::vector<std::string>& header,
                              Rehearsal& records, RecordNames& names, const Zone& zone, std::string currency);

  // Plans a row; nullopt when it is well. Names that it will make are known to the rows after it.
  std::optional<Problem> plan(const CsvRow& row, PlannedRow& planned);

  // The text a source gives for a row, trimmed and translated.
  std::string text_of(const ValueSource& source, const CsvRow& row) const;

 private:
  struct Stage {
    Id id = 0;
    std::string name, kind;
  };
  struct Visit {
    const Stage* stage = nullptr;
    std::optional<Instant> since;
  };
  // One record of a row in the making.
  struct Draft;

  Planner(const Schema& schema, const Mapping& mapping, Rehearsal& records, RecordNames& names, const Zone& zone,
          std::string currency)
      : schema_(schema),
        mapping_(mapping),
        records_(records),
        names_(names),
        zone_(zone),
        currency_(std::move(currency)) {}

  Result<void> load_stages();
  void load_names();
  bool fill(const CsvRow& row, Draft& draft);
  bool fill_reference(const CsvRow& row, const FieldSource& source, Draft& draft);
  bool fill_history(const CsvRow& row, Draft& draft);
  bool act(const CsvRow& row, Draft& draft, PlannedRow& planned);
  bool update(Draft& draft, Target target, PlannedRow& planned);
  void create(Draft& draft, PlannedRow& planned);
  std::vector<Action> moves(Draft& draft, Action first);
  const Stage* find_stage(const std::string& name) const;
  bool fail(const ValueSource* source, const std::string& field, std::string value, std::string reason);

  const Schema& schema_;
  const Mapping& mapping_;
  Rehearsal& records_;
  RecordNames& names_;
  const Zone& zone_;
  const std::string currency_;
  std::map<std::string, std::size_t, std::less<>> header_;
  std::vector<Stage> stages_;
  std::vector<std::string> stage_names_;
  std::map<std::string, std::set<const Field*>> wanted_;  // by type: fields by which its records are looked up

  // Of the row being planned.
  std::vector<std::optional<Target>> targets_;  // by record of the mapping
  struct Naming {
    const RecordType* type;
    const Field* by;
    std::string text;
    std::int64_t made;
  };
  std::vector<Naming> namings_;
  std::int64_t creations_ = 0;
  Problem problem_;
};

}  // namespace traction
