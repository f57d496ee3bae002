#include "http/uploads.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>

#include "app/disk.h"

namespace traction {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdBytes = 16;

bool is_id(std::string_view id) {
  return id.size() == 2 * kIdBytes &&
         std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

void copy(const std::string& from, const std::string& to) {
  NewFile file(to);
  read_file(from, [&](std::string_view piece) { file.write(piece); });
  file.publish();
}

}  // namespace

std::string uploads_folder(const std::string& directory) { return (fs::path(directory) / "uploads").string(); }

void clear_uploads(const std::string& directory) {
  std::error_code ignored;  // what cannot be removed now can be at the next start
  fs::remove_all(uploads_folder(directory), ignored);
  make_folder(uploads_folder(directory));
}

NewUpload new_upload(Host& host) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::byte, kIdBytes> bytes;
  host.directory().random().fill(bytes);
  NewUpload made;
  for (const std::byte byte : bytes) {
    made.id += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    made.id += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  const std::string folder = uploads_folder(host.directory().path());
  make_folder(folder);
  made.path = folder + "/" + made.id;
  return made;
}

std::string keep_upload(Host& host, const Request& request) {
  const NewUpload made = new_upload(host);
  if (request.body_file.empty()) {
    NewFile file(made.path);
    file.write(request.body);
    file.publish();
  } else if (rename(request.body_file.c_str(), made.path.c_str()) != 0) {
    if (errno != EXDEV) disk_fault("An upload cannot be kept", errno);
    copy(request.body_file, made.path);
  }
  return made.id;
}

Result<std::string> find_upload(Host& host, std::string_view id) {
  std::error_code unknown;
  const std::string path = is_id(id) ? uploads_folder(host.directory().path()) + "/" + std::string(id) : "";
  if (path.empty() || !fs::is_regular_file(path, unknown))
    return refuse(Code::not_found, "upload",
                  "There is no such upload. It may have been imported already, or the server was started anew: send "
                  "the file again.");
  return path;
}

}  // namespace traction
