#include "ledger/sqlite_gaps.h"

#include <algorithm>
#include <vector>

namespace traction {
namespace {

// The unused middle of a b-tree page: after the cell pointers, before the cells. Empty for other pages. See "B-tree
// Pages" in https://www.sqlite.org/fileformat2.html. The first byte of an overflow or freelist page is the top one of a
// page number, which takes such a value only in files of more than 128 GB.
std::span<const std::byte> gap_of(std::span<const std::byte> page, std::int64_t number) {
  constexpr std::size_t kFileHeader = 100;
  const std::size_t header = number == 1 ? kFileHeader : 0;
  const auto byte = [&](std::size_t at) { return std::to_integer<std::size_t>(page[header + at]); };
  const std::size_t kind = byte(0);
  const bool leaf = kind == 10 || kind == 13;
  if (!leaf && kind != 2 && kind != 5) return {};
  const std::size_t cells = byte(3) << 8 | byte(4);
  const std::size_t content = byte(5) << 8 | byte(6);
  const std::size_t begin = header + (leaf ? 8 : 12) + 2 * cells;
  const std::size_t end = content == 0 ? page.size() : content;
  return begin < end && end <= page.size() ? page.subspan(begin, end - begin) : std::span<const std::byte>();
}

}  // namespace

std::int64_t clear_gaps(sqlite::Database& database, std::int64_t first, std::int64_t count) {
  auto size = database.prepare("PRAGMA page_count");
  size.step();
  const std::int64_t last = std::min(first + count - 1, size.integer(0));
  const bool more = last < size.integer(0);
  auto read = database.prepare("SELECT data FROM sqlite_dbpage WHERE pgno = ?1");
  std::vector<std::byte> cleared;
  for (std::int64_t number = first; number <= last; ++number) {
    read.bind(1, number);
    if (read.step()) {
      const auto page = read.blob(0);
      const auto gap = gap_of(page, number);
      if (std::any_of(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{0}; })) {
        cleared.assign(page.begin(), page.end());
        std::fill_n(cleared.begin() + (gap.data() - page.data()), gap.size(), std::byte{0});
      }
    }
    read.reset();
    if (cleared.empty()) continue;
    database.prepare("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1").bind(1, number).bind(2, cleared).run();
    cleared.clear();
  }
  return more ? last + 1 : 0;
}

}  // namespace traction
