// CsvFile: a text file of rows and columns, whatever wrote it: its encoding and delimiter are found or told, each row
// keeps its number and its bytes, so that a bad one can be named and handed back. It splits; what a cell means is the
// mapping's business. Row numbers are those a spreadsheet shows: the header is row 1, a cell with line breaks is in one
// row. One thread at a time; app/import is the caller.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace traction {

inline constexpr std::size_t kMostColumns = 1'000;
inline constexpr std::size_t kLongestRow = 1'000'000;  // bytes

struct CsvOptions {
  std::string encoding;  // as iconv names it ("utf-8", "utf-16le", "latin-1", "windows-1252"); "" = detect
  char delimiter = 0;    // 0 = detect among , ; tab |
  char quote = '"';
};

struct CsvRow {
  std::int64_t number = 0;
  std::string_view raw;                 // the row as it stands in the file (in UTF-8), valid as long as the CsvFile
  std::vector<std::string_view> cells;  // unquoted, valid until the next row is read
  std::string problem;                  // why it cannot be read as a row, a sentence; "" = it can
};

class CsvFile {
 public:
  // Opens a file, finds its encoding and delimiter and checks all of it before any row is given. A byte order mark
  // wins over a declared encoding; without either, text that is not UTF-8 is taken for Windows-1252 only when every
  // byte outside ASCII is a letter or a typographic sign there. Refused (not_found), (invalid, with the byte and the
  // row) when a byte is not of the encoding or a quote is never closed, (too_large) over kMostColumns.
  // `name` stands for the file in messages; "" = its path.
  static Result<std::unique_ptr<CsvFile>> open(const std::string& path, const CsvOptions& options,
                                               const std::string& name = "");

  // The same over bytes in memory; `name` stands for the file in messages.
  static Result<std::unique_ptr<CsvFile>> read(std::string name, std::string bytes, const CsvOptions& options);

  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  const std::vector<std::string>& header() const { return header_; }
  std::string_view raw_header() const { return raw_header_; }
  std::string_view bytes() const { return bytes_; }  // as in the file
  const std::string& encoding() const { return encoding_; }
  bool encoding_detected() const { return encoding_detected_; }
  char delimiter() const { return delimiter_; }
  char quote() const { return quote_; }
  std::int64_t rows() const { return rows_; }  // without the header and empty lines

  // The next row that is not empty; false at the end. A row that is ragged, holds a NUL, is longer than kLongestRow or
  // has text after a closing quote comes with its problem.
  bool next(CsvRow& row);

  // Splits a row again that next() gave before, into `row` with its number and raw bytes set; for rows without problem.
  void again(CsvRow& row);

  // Back to the first row after the header.
  void rewind();

 private:
  CsvFile() = default;
  Result<void> prepare(const CsvOptions& options);
  Result<void> decode(const CsvOptions& options);
  Result<void> find_layout(const CsvOptions& options);
  std::string_view take_record();
  void split(std::string_view record, CsvRow& row);
  std::int64_t row_at(std::size_t text_offset) const;

  std::string name_;
  void* mapped_ = nullptr;
  std::size_t mapped_size_ = 0;
  std::string owned_, decoded_;
  std::string_view bytes_, text_;  // as in the file; in UTF-8 without a byte order mark
  std::size_t at_ = 0, body_ = 0;
  std::int64_t number_ = 0;  // of the last row taken
  std::int64_t rows_ = 0;
  std::string_view raw_header_;
  std::vector<std::string> header_;
  std::deque<std::string> unquoted_;  // cells of the present row that had doubled quotes
  std::string encoding_;
  bool encoding_detected_ = false;
  char delimiter_ = ',', quote_ = '"';
};

// A cell as it must be written between delimiters: quoted where it has to be.
std::string csv_cell(std::string_view text, char delimiter = ',', char quote = '"');

}  // namespace traction
