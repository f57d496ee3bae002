// RejectFile: the rows of a file that were not imported, as they stood there, each behind what is wrong with it.
// Mended, it is imported with the same mapping: the four columns in front are named by none. Written before the chunk
// it belongs to, and cut back to the last chunk written when an import goes on. One thread at a time; app/import is the
// caller.
#pragma once

#include <string>

#include "app/import/csv.h"
#include "app/import/plan.h"

namespace traction {

class RejectFile {
 public:
  // Nothing is written before the first row. `length` is what an earlier run had written, 0 for a new import. A Fault
  // when the file cannot be written.
  RejectFile(std::string path, const CsvFile& file, std::int64_t length);

  // True when an earlier run's rows are no longer in the file: it was moved, mended or deleted.
  bool lost() const { return lost_; }

  void add(const Problem& problem, std::string_view raw);
  // Hands all of it to the file system; the file's length.
  std::int64_t flush();

 private:
  const std::string path_;
  const CsvFile& file_;
  std::string buffer_;
  std::int64_t length_ = 0;
  bool lost_ = false;
};

}  // namespace traction
