// What the jobs that bring data in do: a request's body read and checked, and the work that follows from it. Refusals
// come before a job is begun wherever the mistake shows without reading the files. Called by jobs.cpp, on a worker.
#pragma once

#include "app/jobs.h"
#include "http/route.h"

namespace traction {

// {"files": [{upload, name, mapping}], "dry_run", "again"}; a mapping is the name of one that comes with the
// definitions, or {"toml": its text}. Refused: an upload or mapping that does not exist, a mapping that is none.
Result<Jobs::Work> import_work(const Context& context, const std::shared_ptr<Hosted>& hosted);

// {"import": id}
Result<Jobs::Work> undo_import_work(const Context& context, const std::shared_ptr<Hosted>& hosted);

// {"workspace", "reps", "months", "activities", "seed"}, all with a default. `workspace` becomes the new one's name.
Result<Jobs::Work> demo_work(const Context& context, std::string& workspace);

}  // namespace traction
