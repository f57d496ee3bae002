// Uploads: files that clients sent for a job to take, in DIR/uploads under names that only we choose. They are gone
// after the import that used them, and at the next start. No path from outside is ever used: an id is 32 hexadecimal
// digits or nothing. Jobs put what they make there too. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "app/host.h"
#include "base/result.h"
#include "http/message.h"

namespace traction {

// DIR/uploads, of a data directory.
std::string uploads_folder(const std::string& directory);

// Makes the folder, and empties it of what an earlier run left. Called once, before requests are taken.
void clear_uploads(const std::string& directory);

// A path of a new file there that nobody can guess, and its id.
struct NewUpload {
  std::string id, path;
};
NewUpload new_upload(Host& host);

// Keeps the body of a request; its id.
std::string keep_upload(Host& host, const Request& request);

// Where an upload lies. Refused (not_found) when there is none of that id.
Result<std::string> find_upload(Host& host, std::string_view id);

}  // namespace traction
