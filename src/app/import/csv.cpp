#include "app/import/csv.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <iconv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/fault.h"
#include "base/text.h"

namespace traction {

namespace {

// Bytes of the UTF-8 character that begins at `at`, 0 when there is none (RFC 3629: no overlong form, no surrogate,
// nothing past U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned second = byte(at + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return follows(at + 1) && follows(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned second = byte(at + 1);
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return follows(at + 1) && follows(at + 2) && follows(at + 3) ? 4 : 0;
  }
  return 0;
}

// Where text stops being UTF-8; npos when it never does.
std::size_t first_not_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size()) {
      std::uint64_t eight;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080ULL) == 0) {
        at += 8;
        continue;
      }
    }
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

// True when a person writing in Western Europe may have meant every byte outside ASCII: letters and the signs that
// word processors put into text.
bool looks_like_windows_1252(std::string_view bytes) {
  static constexpr std::string_view signs =
      "\x80\x82\x84\x85\x8A\x8C\x8E\x91\x92\x93\x94\x95\x96\x97\x99\x9A\x9C\x9E\x9F"
      "\xA0\xA3\xA7\xA9\xAB\xAE\xB0\xB4\xB7\xBA\xBB\xBF";
  return std::all_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) return byte != 0;
    if (byte >= 0xC0) return byte != 0xD7 && byte != 0xF7 && byte != 0xFF;
    return signs.find(c) != std::string_view::npos;
  });
}

// UTF-16 without a mark: the text of most languages has a NUL in every second byte.
std::string_view utf16_by_shape(std::string_view bytes) {
  const std::size_t length = std::min<std::size_t>(bytes.size(), 4096);
  std::array<std::size_t, 2> nuls{};
  for (std::size_t i = 0; i < length; ++i) nuls[i % 2] += bytes[i] == '\0';
  if (length >= 4 && nuls[1] * 10 >= length * 3 && nuls[0] * 50 < length) return "utf-16le";
  if (length >= 4 && nuls[0] * 10 >= length * 3 && nuls[1] * 50 < length) return "utf-16be";
  return "";
}

std::string iconv_name(std::string_view encoding) {
  const std::string folded = lower(encoding);
  if (folded == "latin-1" || folded == "latin1") return "iso-8859-1";
  return folded;
}

}  // namespace

CsvFile::~CsvFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, mapped_size_);
}

Result<std::unique_ptr<CsvFile>> CsvFile::open(const std::string& path, const CsvOptions& options,
                                               const std::string& name) {
  auto file = std::unique_ptr<CsvFile>(new CsvFile);
  file->name_ = name.empty() ? path : name;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return refuse(Code::not_found, file->name_, fmt::format("The file cannot be opened: {}.", std::strerror(errno)));
  struct stat status {};
  const bool known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  if (known && status.st_size > 0) {
    file->mapped_size_ = static_cast<std::size_t>(status.st_size);
    void* mapped = ::mmap(nullptr, file->mapped_size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapped != MAP_FAILED) file->mapped_ = mapped;
  }
  ::close(fd);
  if (!known) return refuse(Code::invalid, file->name_, "This is not a regular file; name a CSV file.");
  if (file->mapped_ == nullptr && status.st_size > 0)
    throw Fault(Fault::Kind::disk, fmt::format("{}: {}", file->name_, std::strerror(errno)));
  file->bytes_ = {static_cast<const char*>(file->mapped_), file->mapped_size_};
  if (auto ready = file->prepare(options); !ready) return refuse(ready);
  return file;
}

Result<std::unique_ptr<CsvFile>> CsvFile::read(std::string name, std::string bytes, const CsvOptions& options) {
  auto file = std::unique_ptr<CsvFile>(new CsvFile);
  file->name_ = std::move(name);
  file->owned_ = std::move(bytes);
  file->bytes_ = file->owned_;
  if (auto ready = file->prepare(options); !ready) return refuse(ready);
  return file;
}

Result<void> CsvFile::prepare(const CsvOptions& options) {
  quote_ = options.quote;
  if (auto done = decode(options); !done) return done;
  return find_layout(options);
}

Result<void> CsvFile::decode(const CsvOptions& options) {
  if (bytes_.starts_with("PK\x03\x04"))
    return refuse(Code::invalid, name_, "This is a spreadsheet or an archive; save the sheet as CSV and import that.");
  std::size_t mark = 0;
  encoding_ = iconv_name(options.encoding);
  if (bytes_.starts_with("\xEF\xBB\xBF")) {
    encoding_ = "utf-8";
    mark = 3;
  } else if (bytes_.starts_with("\xFF\xFE")) {
    encoding_ = "utf-16le";
    mark = 2;
  } else if (bytes_.starts_with("\xFE\xFF")) {
    encoding_ = "utf-16be";
    mark = 2;
  } else if (encoding_.empty()) {
    encoding_detected_ = true;
    encoding_ = utf16_by_shape(bytes_);
    if (encoding_.empty() && first_not_utf8(bytes_) != std::string_view::npos && looks_like_windows_1252(bytes_))
      encoding_ = "windows-1252";
    if (encoding_.empty()) encoding_ = "utf-8";
  }
  const std::string_view body = bytes_.substr(mark);
  const auto wrong_byte = [&](std::size_t at, std::size_t text_at) {
    return refuse(
        Code::invalid, fmt::format("{}, row {}", name_, row_at(text_at)),
        fmt::format("Byte {} of the file (0x{:02X}) is not {}. Save the file as UTF-8, or name its encoding in "
                    "the mapping, such as encoding = \"windows-1252\" under [file].",
                    mark + at + 1, static_cast<unsigned char>(body[at]), encoding_));
  };
  if (encoding_ == "utf-8" || encoding_ == "utf8") {
    text_ = body;
    const std::size_t wrong = first_not_utf8(text_);
    if (wrong != std::string_view::npos) return wrong_byte(wrong, wrong);
    return {};
  }
  iconv_t converter = ::iconv_open("UTF-8", encoding_.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1))
    return refuse(Code::unknown, name_, fmt::format("There is no encoding \"{}\".", options.encoding));
  decoded_.resize(body.size() * 2 + 16);
  char* in = const_cast<char*>(body.data());
  std::size_t in_left = body.size(), out_at = 0;
  bool sound = true;
  while (in_left > 0) {
    char* out = decoded_.data() + out_at;
    std::size_t out_left = decoded_.size() - out_at;
    const std::size_t outcome = ::iconv(converter, &in, &in_left, &out, &out_left);
    out_at = decoded_.size() - out_left;
    if (outcome != static_cast<std::size_t>(-1)) break;
    if (errno != E2BIG) {
      sound = false;
      break;
    }
    decoded_.resize(decoded_.size() * 2);
  }
  ::iconv_close(converter);
  decoded_.resize(out_at);
  text_ = decoded_;
  if (!sound) return wrong_byte(body.size() - in_left, text_.size());
  return {};
}

// Only for messages: which row an offset of the text is in.
std::int64_t CsvFile::row_at(std::size_t text_offset) const {
  std::int64_t row = 1;
  bool quoted = false;
  const std::string_view before = text_.substr(0, std::min(text_offset, text_.size()));
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == quote_)
      quoted = !quoted;
    else if (!quoted && (before[i] == '\n' || (before[i] == '\r' && (i + 1 == text_.size() || text_[i + 1] != '\n'))))
      ++row;
  }
  return row;
}

Result<void> CsvFile::find_layout(const CsvOptions& options) {
  // A quote opens a cell only at its beginning, which depends on the delimiter: so the header is looked at as one line
  // with quotes anywhere, which is right for every header that people write.
  delimiter_ = options.delimiter;
  if (delimiter_ == 0) {
    std::array<std::pair<char, std::size_t>, 4> candidates{{{',', 0}, {';', 0}, {'\t', 0}, {'|', 0}}};
    bool quoted = false;
    for (const char c : text_) {
      if (c == quote_) quoted = !quoted;
      if (!quoted && (c == '\n' || c == '\r')) break;
      for (auto& [candidate, count] : candidates) count += !quoted && c == candidate;
    }
    delimiter_ = std::max_element(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
                   return a.second < b.second;
                 })->first;
  }
  raw_header_ = take_record();
  CsvRow header;
  split(raw_header_, header);
  if (trim(raw_header_).empty())
    return refuse(Code::invalid, name_, "The file is empty or its first row is; the first row must name the columns.");
  if (header.cells.size() > kMostColumns)
    return refuse(
        Code::too_large, name_ + ", row 1",
        fmt::format("The header has {} columns; at most {} are taken. Leave out those the mapping does not use.",
                    header.cells.size(), kMostColumns));
  if (!header.problem.empty()) return refuse(Code::invalid, name_ + ", row 1", header.problem);
  for (const std::string_view cell : header.cells) header_.emplace_back(trim(cell));
  body_ = at_;
  std::string_view last = raw_header_;
  while (at_ < text_.size()) {
    last = take_record();
    rows_ += !last.empty();
  }
  CsvRow row;
  row.number = number_;
  split(last, row);
  if (row.cells.empty())
    return refuse(
        Code::invalid, fmt::format("{}, row {}", name_, number_),
        fmt::format("A quote ({}) is opened in this row and never closed, so everything after it would be one "
                    "cell. Close it, or double it where it is meant as a character.",
                    quote_));
  rewind();
  return {};
}

void CsvFile::rewind() {
  at_ = body_;
  number_ = 1;
}

// The bytes up to the end of the row, without the line break (LF, CR LF or CR; a file may mix them).
std::string_view CsvFile::take_record() {
  const std::size_t begin = at_;
  bool cell_begins = true, quoted = false;
  std::size_t i = at_;
  for (; i < text_.size(); ++i) {
    const char c = text_[i];
    if (quoted) {
      const void* found = std::memchr(text_.data() + i, quote_, text_.size() - i);
      if (found == nullptr) {
        i = text_.size();
        break;
      }
      i = static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
      quoted = i + 1 < text_.size() && text_[i + 1] == quote_;
      if (quoted) ++i;
    } else if (c == '\n' || c == '\r') {
      break;
    } else if (c == quote_ && cell_begins) {
      quoted = true;
      cell_begins = false;
    } else {
      cell_begins = c == delimiter_;
    }
  }
  at_ = i;
  if (at_ < text_.size()) at_ += text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 1;
  ++number_;
  return text_.substr(begin, i - begin);
}

// Cells are left empty when a quote is never closed.
void CsvFile::split(std::string_view record, CsvRow& row) {
  row.raw = record;
  row.cells.clear();
  row.problem.clear();
  unquoted_.clear();
  std::size_t at = 0;
  while (true) {
    if (at < record.size() && record[at] == quote_) {
      std::size_t end = at + 1;
      bool doubled = false;
      while (end < record.size() && (record[end] != quote_ || (end + 1 < record.size() && record[end + 1] == quote_))) {
        doubled = doubled || record[end] == quote_;
        end += record[end] == quote_ ? 2 : 1;
      }
      if (end >= record.size()) {
        row.cells.clear();
        return;
      }
      std::string_view cell = record.substr(at + 1, end - at - 1);
      if (doubled) {
        std::string& plain = unquoted_.emplace_back();
        for (std::size_t i = 0; i < cell.size(); ++i) {
          plain += cell[i];
          if (cell[i] == quote_) ++i;
        }
        cell = plain;
      }
      row.cells.push_back(cell);
      const std::size_t next = record.find(delimiter_, end + 1);
      const std::string_view rest = record.substr(end + 1, next == std::string_view::npos ? next : next - end - 1);
      if (!trim(rest).empty() && row.problem.empty())
        row.problem = fmt::format(
            "In column {} there is text after the closing quote; double a quote that is meant as a "
            "character.",
            row.cells.size());
      if (next == std::string_view::npos) return;
      at = next + 1;
    } else {
      const std::size_t next = record.find(delimiter_, at);
      row.cells.push_back(record.substr(at, next == std::string_view::npos ? next : next - at));
      if (next == std::string_view::npos) return;
      at = next + 1;
    }
  }
}

bool CsvFile::next(CsvRow& row) {
  std::string_view record;
  do {
    if (at_ >= text_.size()) return false;
    record = take_record();
  } while (record.empty());
  row.number = number_;
  if (record.size() > kLongestRow) {
    row.raw = record;
    row.cells.clear();
    row.problem = fmt::format("The row is {} bytes long; at most {} are taken.", record.size(), kLongestRow);
    return true;
  }
  split(record, row);
  if (row.problem.empty() && record.find('\0') != std::string_view::npos)
    row.problem = fmt::format("Byte {} of the row is a NUL; remove it.", record.find('\0') + 1);
  if (row.problem.empty() && row.cells.size() != header_.size())
    row.problem = fmt::format("The row has {} columns, the header has {}.", row.cells.size(), header_.size());
  return true;
}

void CsvFile::again(CsvRow& row) { split(row.raw, row); }

std::string csv_cell(std::string_view text, char delimiter, char quote) {
  const std::array special{delimiter, quote, '\n', '\r'};
  const bool plain = text.find_first_of(std::string_view(special.data(), special.size())) == std::string_view::npos &&
                     trim(text).size() == text.size();
  if (plain) return std::string(text);
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace traction
