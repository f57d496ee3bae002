#include "app/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "app/disk.h"
#include "base/check.h"
#include "ledger/chain.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kFormat = "traction backup";
constexpr int kVersion = 1;
constexpr std::int64_t kLargestManifest = 64 << 20;
constexpr std::size_t kBlock = 1 << 20;

class Sum {
 public:
  Sum() {
    CHECK(sodium_init() >= 0);
    crypto_generichash_blake2b_init(&state_, nullptr, 0, sizeof(Digest));
  }
  void add(std::string_view bytes) {
    crypto_generichash_blake2b_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  std::string hex() {
    Digest digest;
    crypto_generichash_blake2b_final(&state_, reinterpret_cast<unsigned char*>(digest.data()), digest.size());
    return to_hex(digest);
  }

 private:
  crypto_generichash_blake2b_state state_;
};

std::string sum_of(std::string_view bytes) {
  Sum sum;
  sum.add(bytes);
  return sum.hex();
}

// The manifest's own digest is over all of it but that digest.
std::string total_of(json::object manifest) {
  manifest.erase("total");
  return sum_of(json::serialize(manifest));
}

struct Closer {
  void operator()(archive* a) const { archive_free(a); }
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Handle = std::unique_ptr<archive, Closer>;

class Packer {
 public:
  explicit Packer(int file) : handle_(archive_write_new()) {
    archive_write_add_filter_zstd(handle_.get());
    archive_write_set_format_pax_restricted(handle_.get());
    archive_write_set_options(handle_.get(), "zstd:compression-level=3");
    check(archive_write_open_fd(handle_.get(), file));
  }
  void begin(const std::string& name, std::int64_t size) {
    const std::unique_ptr<archive_entry, Closer> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), size);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    check(archive_write_header(handle_.get(), entry.get()));
  }
  void add(std::string_view bytes) {
    if (archive_write_data(handle_.get(), bytes.data(), bytes.size()) < 0) check(ARCHIVE_FATAL);
  }
  void end() { check(archive_write_close(handle_.get())); }

 private:
  void check(int code) {
    if (code < ARCHIVE_WARN) disk_fault("The backup cannot be written", archive_errno(handle_.get()));
  }
  Handle handle_;
};

// A name that stays below the folder it is unpacked into.
bool stays_below(const std::string& name) {
  const fs::path path(name);
  return !name.empty() && path.is_relative() && path.lexically_normal() == path && *path.begin() != fs::path("..") &&
         path.has_filename();
}

tl::unexpected<Refusal> damaged(const std::string& part, std::string_view why) {
  return refuse(Code::damaged, part,
                fmt::format("The backup is damaged: {} Nothing was touched; use another backup.", why));
}

class Unpacker {
 public:
  explicit Unpacker(const std::string& file) : handle_(archive_read_new()) {
    archive_read_support_filter_zstd(handle_.get());
    archive_read_support_format_tar(handle_.get());
    good_ = archive_read_open_filename(handle_.get(), file.c_str(), kBlock) == ARCHIVE_OK;
  }
  bool good() const { return good_; }

  // The next member's name and size; "" at the end, nullopt when what follows makes no sense.
  struct Member {
    std::string name;
    std::int64_t size = 0;
  };
  std::optional<Member> next() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(handle_.get(), &entry);
    if (code == ARCHIVE_EOF) return Member{};
    if (code != ARCHIVE_OK) return std::nullopt;
    const char* name = archive_entry_pathname(entry);
    return Member{name ? name : "", archive_entry_size(entry)};
  }
  // The next bytes of the member; "" at its end, nullopt when they cannot be read.
  std::optional<std::string_view> bytes() {
    buffer_.resize(kBlock);
    const auto got = archive_read_data(handle_.get(), buffer_.data(), buffer_.size());
    if (got < 0) return std::nullopt;
    return std::string_view(buffer_.data(), static_cast<std::size_t>(got));
  }

 private:
  Handle handle_;
  std::string buffer_;
  bool good_ = false;
};

Result<json::object> read_manifest(Unpacker& in, const std::string& file) {
  const auto something_else = [&] { return refuse(Code::invalid, file, "This is not a backup that Traction made."); };
  if (!in.good()) return something_else();
  const auto first = in.next();
  if (!first || first->name != kManifest || first->size > kLargestManifest) return something_else();
  std::string text;
  for (;;) {
    const auto bytes = in.bytes();
    if (!bytes) return damaged(kManifest, "its list of parts is cut short.");
    if (bytes->empty()) break;
    text += *bytes;
  }
  const auto parsed = parse_json(text);
  const json::object* manifest = parsed ? parsed->if_object() : nullptr;
  if (!manifest || !manifest->contains("format") || manifest->at("format") != kFormat)
    return damaged(kManifest, "its list of parts cannot be read.");
  if (!manifest->contains("total") || manifest->at("total") != json::value(total_of(*manifest)))
    return damaged(kManifest, "its list of parts was changed.");
  if (manifest->at("version").to_number<int>() > kVersion)
    return refuse(Code::invalid, file, "A newer Traction made this backup; restore it with that one.");
  return *manifest;
}

}  // namespace

Result<void> write_archive(const std::string& file, const json::object& about, const std::vector<ArchivePart>& parts,
                           const Progress& progress) {
  json::object manifest{{"format", kFormat}, {"version", kVersion}};
  for (const auto& [key, value] : about) manifest[key] = value;
  json::array lines;
  std::int64_t all = 0, done = 0;
  for (const ArchivePart& part : parts) {
    Sum sum;
    std::int64_t size = 0;
    read_file(part.path, [&](std::string_view bytes) {
      sum.add(bytes);
      size += static_cast<std::int64_t>(bytes.size());
    });
    lines.push_back(json::object{{"name", part.name}, {"size", size}, {"blake2b", sum.hex()}});
    all += size;
  }
  manifest["parts"] = lines;
  manifest["total"] = total_of(manifest);

  if (fs::exists(file))
    return refuse(Code::duplicate, file, "There is such a file already; a backup does not overwrite. Name another.");
  NewFile out(file);
  Packer pack(out.descriptor());
  const std::string text = json::serialize(manifest);
  pack.begin(kManifest, static_cast<std::int64_t>(text.size()));
  pack.add(text);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    pack.begin(parts[i].name, lines[i].at("size").as_int64());
    read_file(parts[i].path, [&](std::string_view bytes) {
      pack.add(bytes);
      done += static_cast<std::int64_t>(bytes.size());
      if (progress) progress(done, all);
    });
  }
  pack.end();
  if (!out.publish())
    return refuse(Code::duplicate, file, "There is such a file by now; a backup does not overwrite. Name another.");
  return {};
}

Result<json::object> read_archive(const std::string& file, const std::string& into, const Progress& progress) {
  if (!fs::exists(file)) return refuse(Code::not_found, file, "There is no such file.");
  Unpacker in(file);
  auto manifest = read_manifest(in, file);
  if (!manifest) return manifest;
  std::int64_t all = 0, done = 0;
  for (const json::value& line : manifest->at("parts").as_array()) all += line.at("size").as_int64();
  for (const json::value& line : manifest->at("parts").as_array()) {
    const std::string name(line.at("name").as_string());
    const std::int64_t size = line.at("size").as_int64();
    if (!stays_below(name)) return damaged(name, "a part would lie outside of the directory.");
    const auto member = in.next();
    if (!member) return damaged(name, "it ends or is changed before this part.");
    if (member->name != name || member->size != size)
      return damaged(name, "this part is not where the list of parts says.");
    std::optional<NewFile> out;
    if (!into.empty()) {
      fs::create_directories((fs::path(into) / name).parent_path());
      out.emplace((fs::path(into) / name).string());
    }
    Sum sum;
    for (;;) {
      const auto bytes = in.bytes();
      if (!bytes) return damaged(name, "this part is cut short or changed.");
      if (bytes->empty()) break;
      sum.add(*bytes);
      if (out) out->write(*bytes);
      done += static_cast<std::int64_t>(bytes->size());
      if (progress) progress(done, all);
    }
    if (line.at("blake2b") != json::value(sum.hex())) return damaged(name, "this part was changed.");
    if (out && !out->publish()) return damaged(name, "this part comes twice.");
  }
  const auto end = in.next();
  if (!end || !end->name.empty()) return damaged("end", "it does not end where it should.");
  return manifest;
}

}  // namespace traction
