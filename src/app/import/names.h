// RecordNames: which record a name in a file means. Names of the workspace's records are loaded once per type and field
// into memory, unique ones are asked of the ledger, and those that this import is about to make are known before they
// are written. Exact or not at all; near ones are only told. One thread at a time; plan.cpp asks, import.cpp tells.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "app/import/rehearsal.h"

namespace traction {

// A record: one of the ledger by its id, or one that this import makes, by its place among all it makes.
struct Target {
  Id id = 0;
  std::int64_t made = -1;
};

class RecordNames {
 public:
  RecordNames(const Schema& schema, Rehearsal& records) : schema_(schema), records_(records) {}

  // How many records have that text in that field (0, 1 or 2 for more) and the one, root of its merges.
  struct Found {
    int count = 0;
    Target target;
  };
  Found find(const RecordType& type, const Field& by, const std::string& text);

  // " Did you mean \"GTX Pro\"?", or empty.
  std::string near(const RecordType& type, const Field& by, const std::string& text);

  // Makes known a record that is about to be made.
  void add(const RecordType& type, const Field& by, const std::string& text, std::int64_t made);

  // Takes the next `count` places for records to be made; the first of them.
  std::int64_t reserve(std::size_t count);
  std::int64_t reserved() const { return static_cast<std::int64_t>(ids_.size()); }

  // Tells what a record came to: its id, or 0 when it was not made after all.
  void settle(std::int64_t made, Id id) { ids_[static_cast<std::size_t>(made)] = id; }
  static constexpr Id kOpen = -1;
  Id id_of(std::int64_t made) const { return ids_[static_cast<std::size_t>(made)]; }

  // The chunk being planned goes to the writer; the one before it has been written and is seen in the ledger.
  void rotate();

 private:
  using Index = std::unordered_map<std::string, Found>;
  Index& index(const RecordType& type, const Field& by);
  Target root(const RecordType& type, const Record& record);
  bool gone(const Target& target) const { return target.made >= 0 && id_of(target.made) == 0; }

  const Schema& schema_;
  Rehearsal& records_;
  std::map<std::pair<std::int32_t, std::string>, Index> indexes_;   // by type and field
  std::unordered_map<std::string, std::int64_t> planned_, flying_;  // unique keys of what is not written yet
  std::map<std::string, std::string> near_;                         // answers given
  std::vector<Id> ids_;
};

}  // namespace traction
