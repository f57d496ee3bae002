#include "app/doctor.h"

#include <archive.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <filesystem>

#include "app/directory.h"
#include "app/host.h"
#include "base/fault.h"
#include "ledger/chain.h"
#include "store/sqlite.h"

namespace traction {
namespace {

namespace fs = std::filesystem;
using Health = Finding::Health;

constexpr std::int64_t kEnoughBytes = std::int64_t{1} << 30;
constexpr Seq kLastEntries = 10'000;  // of each ledger are looked at; "traction verify" looks at all

class Examination {
 public:
  void good(std::string what, std::string found) { add({Health::good, std::move(what), std::move(found), ""}); }
  void add(Finding finding) { findings.push_back(std::move(finding)); }
  void bad(std::string what, const Refusal& refusal, std::string advice) {
    add({Health::bad, std::move(what), to_string(refusal), std::move(advice)});
  }
  std::vector<Finding> findings;
};

void examine_permissions(Examination& out, const std::string& path) {
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) return;
  if (state.st_mode & 077) {
    out.add({Health::warning, "Permissions",
             fmt::format("others may look into {} (mode {:o})", path, state.st_mode & 0777),
             fmt::format("chmod 700 {}", path)});
  } else {
    out.good("Permissions", "for the owner alone");
  }
}

void examine_space(Examination& out, const std::string& path) {
  std::error_code failed;
  const fs::space_info space = fs::space(path, failed);
  if (failed) return;
  const std::string found = fmt::format("{:.1f} GB free", static_cast<double>(space.available) / 1e9);
  if (static_cast<std::int64_t>(space.available) < kEnoughBytes) {
    out.add({Health::warning, "Space", found, "Make room on this disk: when it is full, nothing more can be entered."});
  } else {
    out.good("Space", found);
  }
}

// The links of the chain between the last entries, from the stored bytes.
void examine_ledger(Examination& out, Workspace& workspace, Clock& clock) {
  const std::string what = "Ledger of " + workspace.name();
  const auto reader = workspace.ledger().read();
  const Head head = reader->head();
  const Seq after = std::max<Seq>(head.seq - kLastEntries, 0);
  Digest previous{};
  if (after > 0)
    if (const auto entry = reader->entry(after)) previous = entry->hash;
  Seq seen = after, broken = 0;
  reader->entries(after, head.seq, [&](const StoredEntry& stored) {
    if (stored.entry.seq != ++seen || chain_hash(stored, previous) != stored.hash) broken = stored.entry.seq;
    previous = stored.hash;
    return broken == 0;
  });
  if (broken || seen != head.seq || previous != head.hash) {
    out.add({Health::bad, what, fmt::format("entry {} does not fit the one before it", broken ? broken : seen),
             "Run \"traction verify\", keep a copy of the directory, and restore a backup."});
    return;
  }
  out.good(what, fmt::format("{} entries; the last {} are in order", head.seq, head.seq - after));
  if (head.recorded_at.micros > clock.now().micros + kDay)
    out.add({Health::warning, "Clock",
             fmt::format("the last entry was recorded at {}, after now", to_string(head.recorded_at)),
             "Set the machine's clock; until then new entries are recorded at that time."});
}

void examine_mart(Examination& out, Workspace& workspace) {
  const std::string what = "Mart of " + workspace.name();
  Mart* const mart = workspace.mart();
  const Seq behind = workspace.ledger().read()->head().seq - mart->applied();
  if (mart->set_aside()) {
    out.add({Health::warning, what, "its file could not be used and was set aside",
             "Nothing is lost: the next number builds it anew from the ledger."});
  } else {
    out.good(what, behind == 0 ? "opens and is up to date" : fmt::format("opens; {} entries to apply", behind));
  }
}

void tell_definitions(Examination& out, const Definitions& definitions) {
  out.good("Definitions",
           fmt::format("{} record types, {} facts, {} metrics in {}", definitions.schema.types().size(),
                       definitions.facts.size(), definitions.catalogue.metrics().size(), definitions.directory));
}

// What does not depend on any data.
void examine_machine(Examination& out, Clock& clock) {
  out.good("SQLite", sqlite::version());
  out.good("DuckDB", duckdb_version());
  const Instant now = clock.now();
  const Date earliest = *make_date(2024, 1, 1);
  if (now.micros < std::int64_t{earliest.days} * kDay) {
    out.add(
        {Health::bad, "Clock", fmt::format("the machine says it is {}", to_string(now)), "Set the machine's clock."});
  } else {
    out.good("Clock", to_string(now));
  }
}

// An open directory and its workspaces; `open` gives one of them, as long as it is looked at.
template <class Open>
void examine_directory(Examination& out, Directory& directory, Clock& clock, const Open& open) {
  out.good("Directory", directory.path());
  examine_permissions(out, directory.path());
  examine_space(out, directory.path());
  for (const std::string& name : directory.workspaces()) {
    try {
      const auto opened = open(name);
      if (!opened) {
        out.bad("Ledger of " + name, opened.error(), "Restore a backup with \"traction restore\".");
        continue;
      }
      Workspace& workspace = **opened;
      examine_ledger(out, workspace, clock);
      examine_mart(out, workspace);
    } catch (const Fault& fault) {
      out.add({Health::bad, "Workspace " + name, fault.what(), "Look at the disk, then restore a backup."});
    }
  }
}

}  // namespace

std::vector<Finding> examine(const std::string& path, Clock& clock, Random& random) {
  Examination out;
  std::shared_ptr<const Definitions> definitions;
  if (const auto where = find_definitions(); !where) {
    out.bad("Definitions", where.error(), "Reinstall, or set TRACTION_DEFINITIONS.");
  } else if (auto loaded = load_definitions(*where); !loaded) {
    out.bad("Definitions", loaded.error(), fmt::format("Mend the file in {}.", *where));
  } else {
    definitions = *loaded;
    tell_definitions(out, *definitions);
  }
  examine_machine(out, clock);
  if (!definitions) return out.findings;
  auto opened = Directory::open(path, false, clock, random);
  if (!opened) {
    const bool busy = opened.error().code == Code::busy;
    out.add({busy ? Health::warning : Health::bad, "Directory", to_string(opened.error()),
             busy ? "Ask again when it is free." : ""});
    return out.findings;
  }
  examine_directory(out, **opened, clock,
                    [&](const std::string& name) { return (*opened)->workspace(name, definitions); });
  return out.findings;
}

std::vector<Finding> examine(Host& host) {
  Examination out;
  tell_definitions(out, *host.definitions());
  examine_machine(out, host.clock());
  examine_directory(out, host.directory(), host.clock(), [&](const std::string& name) {
    auto hosted = host.workspace(name);
    // The host keeps it open; what is handed on is its workspace.
    return hosted ? Result<std::shared_ptr<Workspace>>(std::shared_ptr<Workspace>(*hosted, &(*hosted)->workspace()))
                  : Result<std::shared_ptr<Workspace>>(refuse(hosted));
  });
  return out.findings;
}

std::vector<std::pair<std::string, std::string>> versions() {
  return {{"traction", TRACTION_VERSION},
          {"sqlite", sqlite::version()},
          {"duckdb", duckdb_version()},
          {"libsodium", sodium_version_string()},
          {"libarchive", archive_version_string()}};
}

}  // namespace traction
