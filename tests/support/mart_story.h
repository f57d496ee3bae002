// Story: a world of decided commands told to a ledger, and a mart of it; tests tell histories and ask the mart about
// them. Tests only. Not thread-safe.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "ledger/chain.h"
#include "ledger/memory.h"
#include "mart/mart.h"
#include "support/machine.h"
#include "support/world.h"

namespace traction {

inline std::vector<FactDefinition> shipped_facts() {
  std::vector<DefinitionFile> files;
  for (const auto& file : std::filesystem::directory_iterator(TRACTION_SOURCE_DIR "/definitions/facts")) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    files.push_back({file.path().filename().string(), text.str()});
  }
  return load_facts(files).value();
}

class Story : public World {
 public:
  // An instant so many days and seconds after the world's start.
  static Instant day(std::int64_t days, std::int64_t seconds = 0) {
    return {kStart.micros + days * kDay + seconds * kSecond};
  }

  std::unique_ptr<Ledger> ledger = memory_ledger();

  // Writes to the ledger what has happened since the last time, and destroys what was erased.
  void tell() {
    auto transaction = ledger->begin();
    Digest previous = transaction->head().hash;
    for (std::size_t i = 0; i < told_; ++i)
      if (!entries[i].personal && erased_.insert(entries[i].seq).second) transaction->erase(entries[i].seq);
    for (; told_ < entries.size(); ++told_) {
      Entry entry = entries[told_];
      if (!entry.personal) entry.personal = "";
      StoredEntry stored = seal(std::move(entry), previous, random_);
      previous = stored.hash;
      transaction->append(stored);
    }
    transaction->commit();
  }

  std::unique_ptr<Mart> mart(const std::string& path = "") {
    // In memory every column of a table takes blocks of its own, which cannot go to disk.
    return Mart::open({.path = path, .memory_mb = 500, .threads = 1, .whole_cells = 200}, shipped_schema(),
                      shipped_facts(), *ledger);
  }

 private:
  std::size_t told_ = 0;
  std::set<Seq> erased_;
  TestRandom random_;
};

using Cells = std::vector<Cell>;

inline std::vector<Cells> rows_of(const Table& table) {
  std::vector<Cells> rows(table.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const TableColumn& column : table.columns) rows[i].push_back(column.cell(i));
  return rows;
}

// Rows as text: a row a line, cells parted by spaces, null as "-".
inline std::string text_of(const std::vector<Cells>& rows) {
  std::string text;
  for (const Cells& row : rows) {
    for (const Cell& cell : row) {
      if (!text.empty() && text.back() != '\n') text += ' ';
      if (const auto* whole = std::get_if<std::int64_t>(&cell))
        text += fmt::format("{}", *whole);
      else if (const auto* real = std::get_if<double>(&cell))
        text += fmt::format("{}", *real);
      else if (const auto* truth = std::get_if<bool>(&cell))
        text += *truth ? "true" : "false";
      else if (const auto* word = std::get_if<std::string>(&cell))
        text += *word;
      else if (const auto* list = std::get_if<std::vector<double>>(&cell))
        text += fmt::format("[{}]", fmt::join(*list, " "));
      else
        text += '-';
    }
    text += '\n';
  }
  return text;
}

inline std::string text_of(const Result<Table>& table) {
  return table ? text_of(rows_of(*table)) : "refused: " + table.error().sentence;
}

}  // namespace traction
