// Jobs as the API has them: started, listed, stopped, and what they made fetched; and the uploads that they take.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "app/backup.h"
#include "app/disk.h"
#include "app/report_json.h"
#include "base/check.h"
#include "base/text.h"
#include "http/commands.h"
#include "http/exports.h"
#include "http/imports.h"
#include "http/problem.h"
#include "http/routes.h"
#include "http/uploads.h"
#include "ledger/chain.h"

namespace traction {
namespace {

constexpr std::uint64_t kLargestUpload = std::uint64_t{4} << 30;
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kKeptBackups = 2;  // before the next one

// What went wrong, in the form in which a request would have been refused.
json::value problem_of(const JobState& job) {
  if (!job.refusal && job.fault.empty()) return nullptr;
  const Response told = job.refusal ? problem(*job.refusal) : problem(500, "internal", "", job.fault);
  auto body = parse_json(std::get<std::string>(told.body));
  CHECK(body.has_value());
  return std::move(*body);
}

json::object to_json(const JobState& job) {
  json::array files;
  for (const JobFile& file : job.files) files.emplace_back(file.name);
  return {{"id", job.id},
          {"kind", job.kind},
          {"workspace", job.workspace},
          {"standing", name(job.standing)},
          {"step", job.step},
          {"done", job.done},
          {"total", job.total},
          {"per_second", job.per_second},
          {"seconds_left", job.seconds_left},
          {"asked_at", to_string(job.asked_at)},
          {"ended_at", job.ended() ? json::value(to_string(job.ended_at)) : json::value()},
          {"result", job.result.empty() ? json::value() : json::value(job.result)},
          {"problem", problem_of(job)},
          {"files", std::move(files)}};
}

tl::unexpected<Refusal> no_job(std::int64_t id) {
  return refuse(Code::not_found, "id",
                fmt::format("There is no job {}. What ran before the server was started anew is forgotten.", id));
}

Result<JobState> job_of(const Context& context) {
  const std::int64_t id = context.integer("id");
  auto job = context.host->jobs().find(id);
  if (!job) return no_job(id);
  return std::move(*job);
}

// --- Starting.

Response accepted(const JobState& job) {
  Response response = json_response(202, to_json(job));
  response.headers.push_back({"Location", fmt::format("/api/v1/jobs/{}", job.id)});
  return response;
}

// A request is known again by its path, its workspace and its body.
JobKey key_of(const Context& context) {
  return {.key = context.text("Idempotency-Key"),
          .request = short_digest(context.request->path + '\n' + context.text("workspace") + '\n' +
                                  json::serialize(context.body))};
}

enum class Twice { again, once };

// Starts a job whose workspace and work `make` gives, unless the request was answered before.
template <class Make>
Result<Response> started(const Context& context, std::string kind, Twice twice, const Make& make) {
  JobKey key = key_of(context);
  const auto before = context.host->jobs().repeated(key);
  if (!before) return refuse(before);
  if (*before) return accepted(**before);
  std::string workspace;
  Result<Jobs::Work> work = make(workspace);
  if (!work) return refuse(work);
  const auto job = context.host->jobs().start(std::move(kind), std::move(workspace), std::move(*work), std::move(key),
                                              twice == Twice::once);
  if (!job) return refuse(job);
  return accepted(*job);
}

using WorkOf = Result<Jobs::Work> (*)(const Context&, const std::shared_ptr<Hosted>&);

// Starts work on a workspace.
Handler starting(std::string kind, WorkOf work_of, Twice twice = Twice::again) {
  return answering([kind = std::move(kind), work_of, twice](const Context& context) -> Result<Response> {
    return started(context, kind, twice, [&](std::string& workspace) -> Result<Jobs::Work> {
      const auto hosted = workspace_of(context);
      if (!hosted) return refuse(hosted);
      workspace = (*hosted)->workspace().name();
      return work_of(context, *hosted);
    });
  });
}

Result<Jobs::Work> verify_work(const Context&, const std::shared_ptr<Hosted>& hosted) {
  return [hosted](JobControl& control) -> Result<json::object> {
    Workspace& workspace = hosted->workspace();
    const auto schema = workspace.schema();
    const auto verified = verify(workspace.ledger(), *schema, control.telling());
    if (!verified) return refuse(verified);
    return to_json(*verified);
  };
}

Result<Jobs::Work> rebuild_work(const Context&, const std::shared_ptr<Hosted>& hosted) {
  return [hosted](JobControl& control) -> Result<json::object> {
    Mart* const mart = hosted->workspace().mart();
    try {
      mart->rebuild(control.telling());
    } catch (...) {
      hosted->mart_lost();
      throw;
    }
    return json::object{{"entries", mart->applied()}};
  };
}

Result<Response> start_demo(const Context& context) {
  return started(context, "demo", Twice::again, [&](std::string& workspace) { return demo_work(context, workspace); });
}

Result<Response> start_backup(const Context& context) {
  return started(context, "backup", Twice::once, [&](std::string&) -> Result<Jobs::Work> {
    return [host = context.host](JobControl& control) -> Result<json::object> {
      host->jobs().drop_files("backup", kKeptBackups);
      const std::string file = new_upload(*host).path;
      const auto report = backup(host->directory(), file, host->clock(), control.telling());
      if (!report) return refuse(report);
      control.made(file, fmt::format("traction-{}.tar.zst", to_string(report->made_at).substr(0, 10)));
      return to_json(*report);
    };
  });
}

// --- Looking.

Result<Response> list_jobs(const Context& context) {
  json::array jobs;
  for (const JobState& job : context.host->jobs().all()) jobs.push_back(to_json(job));
  return json_response(200, json::object{{"jobs", std::move(jobs)}});
}

Result<Response> read_job(const Context& context) {
  const auto job = job_of(context);
  if (!job) return refuse(job);
  return json_response(200, to_json(*job));
}

Result<Response> stop_job(const Context& context) {
  context.host->jobs().stop(context.integer("id"));
  return read_job(context);
}

// An open file, so that it can be sent to its end when it is removed meanwhile.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) disk_fault("What the job made cannot be read", errno);
  }
  ~OpenFile() { close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  void send(Sink& sink) const {
    std::string piece(kPiece, '\0');
    for (;;) {
      const ssize_t got = ::read(file_, piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) disk_fault("What the job made cannot be read", errno);
      if (got == 0 || !sink.write({piece.data(), static_cast<std::size_t>(got)})) return;
    }
  }

 private:
  const int file_;
};

Result<JobFile> file_of(const Context& context) {
  const auto job = job_of(context);
  if (!job) return refuse(job);
  if (job->files.empty())
    return refuse(Code::not_found, "id",
                  fmt::format("Job {} has made no file{}.", job->id, job->ended() ? "" : " so far"));
  if (!context.has("name")) {
    if (job->files.size() == 1) return job->files.front();
    return refuse(Code::required, "name", fmt::format("Job {} made {} files; say which.", job->id, job->files.size()));
  }
  const auto named = std::ranges::find(job->files, context.text("name"), &JobFile::name);
  if (named == job->files.end())
    return refuse(Code::not_found, "name",
                  fmt::format("Job {} has made no file \"{}\".", job->id, excerpt(context.text("name"))));
  return *named;
}

Result<Response> fetch_file(const Context& context) {
  const auto made = file_of(context);
  if (!made) return refuse(made);
  auto file = std::make_shared<OpenFile>(made->path);
  Response response;
  const bool csv = made->name.ends_with(".csv");
  response.headers = {{"Content-Type", csv ? "text/csv; charset=utf-8" : "application/octet-stream"},
                      {"Content-Disposition", attachment(made->name)}};
  response.body = Producer([file](Sink& sink) { file->send(sink); });
  return response;
}

Result<Response> upload(const Context& context) {
  const Request& request = *context.request;
  const std::string id = keep_upload(*context.host, request);
  return json_response(201, json::object{{"upload", id}, {"bytes", request.body_size}});
}

Result<Response> drop_upload(const Context& context) {
  const auto path = find_upload(*context.host, context.text("id"));
  if (!path) return refuse(path);
  unlink(path->c_str());
  Response response;
  response.status = 204;
  return response;
}

// --- The table.

Parameter job_parameter() {
  return {.name = "id",
          .about = "The job's id.",
          .in = Parameter::In::path,
          .kind = Parameter::Kind::integer,
          .required = true,
          .min = 1,
          .example = "1767225600001"};
}

Parameter actor_parameter() {
  return {.name = "Traction-Actor",
          .about = "The member on whose behalf this is done.",
          .in = Parameter::In::header,
          .kind = Parameter::Kind::integer,
          .min = 1};
}

Route start_route(std::string kind, Policy policy, std::string summary, std::vector<Parameter> parameters, Body body,
                  std::vector<int> problems, Handler handler) {
  std::string id = "start_" + kind;
  std::ranges::replace(id, '-', '_');
  parameters.push_back(idempotency_parameter());
  for (const int each : {422, 503})
    if (std::ranges::find(problems, each) == problems.end()) problems.push_back(each);
  return {.method = Method::post,
          .path = "/api/v1/jobs/" + kind,
          .policy = policy,
          .id = std::move(id),
          .tag = "Jobs",
          .summary = std::move(summary),
          .parameters = std::move(parameters),
          .body = std::move(body),
          .answers =
              {{.status = 202, .about = "It is begun, or waits its turn.", .schema = "Job", .headers = {"Location"}}},
          .problems = std::move(problems),
          .handler = std::move(handler)};
}

std::vector<Route> starts() {
  const Body none;
  const auto json = [](const char* schema) {
    return Body{.kind = Body::Kind::json, .schema = schema, .most = 16 << 20};
  };
  const std::vector<Parameter> where{workspace_parameter()};
  const std::vector<Parameter> where_and_who{workspace_parameter(), actor_parameter()};
  return {start_route("import", kWriter, "Import uploaded files by their mappings", where_and_who, json("ImportJob"),
                      {404, 409, 413, 422}, starting("import", import_work)),
          start_route("undo-import", kWriter, "Take back a whole import", where_and_who, json("UndoImportJob"),
                      {404, 422}, starting("undo-import", undo_import_work)),
          start_route("verify", kOwner, "Recompute the whole ledger and compare", where, none, {404, 422},
                      starting("verify", verify_work, Twice::once)),
          start_route("rebuild", kOwner, "Build the mart anew from the ledger", where, none, {404, 422},
                      starting("rebuild", rebuild_work, Twice::once)),
          start_route("backup", kOwner, "Pack the whole data directory into one file", {}, none, {},
                      answering(start_backup)),
          start_route("demo", kOwner, "Invent a company in a workspace of its own", {}, json("DemoJob"), {409, 422},
                      answering(start_demo))};
}

std::vector<Route> looks() {
  Route list{.method = Method::get,
             .path = "/api/v1/jobs",
             .policy = kReader,
             .id = "list_jobs",
             .tag = "Jobs",
             .summary = "Jobs, newest first",
             .about = "The last hundred that ended are remembered, until the server is started anew.",
             .answers = {{.status = 200, .about = "The jobs.", .schema = "JobList"}},
             .handler = answering(list_jobs)};
  Route read{.method = Method::get,
             .path = "/api/v1/jobs/{id}",
             .policy = kReader,
             .id = "read_job",
             .tag = "Jobs",
             .summary = "How far a job is, and what it came to",
             .parameters = {job_parameter()},
             .answers = {{.status = 200, .about = "The job.", .schema = "Job"}},
             .problems = {404},
             .handler = answering(read_job)};
  Route stop{.method = Method::del,
             .path = "/api/v1/jobs/{id}",
             .policy = kWriter,
             .id = "stop_job",
             .tag = "Jobs",
             .summary = "Ask a job to stop",
             .about =
                 "It stops when it next looks, and what it has written stays. An import that was stopped goes on when "
                 "the same files are imported again. One that has ended is left as it is.",
             .parameters = {job_parameter()},
             .answers = {{.status = 200, .about = "The job as it is now.", .schema = "Job"}},
             .problems = {404},
             .handler = answering(stop_job)};
  Route file{.method = Method::get,
             .path = "/api/v1/jobs/{id}/file",
             .policy = kOwner,
             .id = "fetch_job_file",
             .tag = "Jobs",
             .summary = "What a job made: rejected rows, a backup",
             .parameters = {job_parameter(),
                            {.name = "name", .about = "Which of its files, where it made several.", .max_length = 300}},
             .answers = {{.status = 200,
                          .about = "The file.",
                          .content_type = "application/octet-stream",
                          .headers = {"Content-Disposition"}},
                         {.status = 200,
                          .about = "The rows that were rejected, as they stood, with what is wrong with each.",
                          .content_type = "text/csv",
                          .headers = {"Content-Disposition"}}},
             .problems = {404, 422},
             .handler = answering(fetch_file)};
  return {std::move(list), std::move(read), std::move(stop), std::move(file)};
}

std::vector<Route> upload_routes() {
  Route send{.method = Method::post,
             .path = "/api/v1/uploads",
             .policy = kWriter,
             .id = "upload_file",
             .tag = "Jobs",
             .summary = "Send a file for a job to take",
             .about = "The body is the file. It is kept until an import has used it, or the server is started anew.",
             .body = {.kind = Body::Kind::file,
                      .content_type = "application/octet-stream",
                      .most = kLargestUpload,
                      .required = false},
             .answers = {{.status = 201, .about = "Its id, for the job.", .schema = "Upload"}},
             .problems = {413, 507},
             .handler = answering(upload)};
  Route drop{.method = Method::del,
             .path = "/api/v1/uploads/{id}",
             .policy = kWriter,
             .id = "delete_upload",
             .tag = "Jobs",
             .summary = "Throw an upload away",
             .parameters = {{.name = "id",
                             .about = "As it was given.",
                             .in = Parameter::In::path,
                             .required = true,
                             .max_length = 32,
                             .pattern = "^[0-9a-f]{32}$"}},
             .answers = {{.status = 204, .about = "It is gone."}},
             .problems = {404},
             .handler = answering(drop_upload)};
  return {std::move(send), std::move(drop)};
}

}  // namespace

std::vector<Route> job_routes(const Schema& schema) {
  std::vector<Route> all;
  for (std::vector<Route> part : {starts(), looks(), upload_routes(), export_routes(schema)})
    std::ranges::move(part, std::back_inserter(all));
  return all;
}

}  // namespace traction
