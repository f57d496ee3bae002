// Route: one operation of the API as data: method and path, who may, what it takes, what it answers, and the handler.
// The router checks requests against it and the OpenAPI document is made from it, so that neither can say what the
// other does not. Values; a Context is for one request and may be moved between threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/host.h"
#include "base/json.h"
#include "base/result.h"
#include "http/message.h"

namespace traction {

// Who may call an operation. There is no default: a route that does not say so does not compile.
class Policy {
 public:
  enum class Who {
    anyone,  // also without being known: health, documents
    reader,  // whoever may see the workspace
    writer,  // whoever may write records in it
    owner,   // whoever keeps the data directory
  };
  constexpr explicit Policy(Who who) : who_(who) {}
  Who who() const { return who_; }

 private:
  Who who_;
};
inline constexpr Policy kAnyone{Policy::Who::anyone}, kReader{Policy::Who::reader}, kWriter{Policy::Who::writer},
    kOwner{Policy::Who::owner};

// Who asks. Until there is access control whoever reaches the server from this machine is its owner.
struct Principal {
  Policy::Who rank = Policy::Who::owner;
  Id member = 0;  // on whose behalf, from the header Traction-Actor; 0 = nobody
};

struct Parameter {
  enum class In { path, query, header };
  enum class Kind { text, integer, boolean, choice };
  std::string name;
  std::string about;
  In in = In::query;
  Kind kind = Kind::text;
  bool required = false;  // of path: always
  bool many = false;      // may be given several times
  std::optional<std::int64_t> min{}, max{};
  std::vector<std::string> choices{};
  std::size_t max_length = 1'000;  // bytes of a text
  std::string pattern{};           // of a text, as ECMAScript regular expression; "" = any
  std::string example{};
};

struct Body {
  enum class Kind { none, json, file };
  Kind kind = Kind::none;
  std::string schema{};  // of json: its name among the document's components
  std::string content_type = "application/json";
  std::uint64_t most = 1 << 20;  // bytes
  bool required = true;
};

// One answer that is not a problem.
struct Answered {
  int status = 200;
  std::string about;
  std::string schema{};  // name among the components; "" = no body or not JSON
  std::string content_type = "application/json";
  std::vector<std::string> headers{};  // that it carries: "ETag", "Location", "Traction-Sequence"
};

struct Route;

// One request on its way to its answer.
struct Context {
  std::shared_ptr<const Request> request;
  const Route* route = nullptr;
  Host* host = nullptr;
  Principal principal;
  std::map<std::string, std::vector<std::string>, std::less<>> given;  // parameters by name, decoded and checked
  json::value body;                                                    // of a JSON body, guarded (base/json.h)

  bool has(std::string_view parameter) const { return given.contains(parameter); }
  std::string text(std::string_view parameter, std::string_view otherwise = "") const;
  std::int64_t integer(std::string_view parameter, std::int64_t otherwise = 0) const;
  bool flag(std::string_view parameter) const;
  std::vector<std::string> all(std::string_view parameter) const;
};

// Called on a worker thread, where it may block; answers now or later, from any thread. What it throws before it has
// answered becomes a problem.
using Handler = std::function<void(Context, Reply)>;

struct Route {
  Method method = Method::get;
  std::string path;  // "/api/v1/deals/{id}"
  Policy policy;     // no default: see above
  std::string id;    // operationId, unique: "read_deal"
  std::string tag;   // groups operations in the document: "Deals"
  std::string summary;
  std::string about{};
  std::vector<Parameter> parameters{};
  Body body{};
  std::vector<Answered> answers{};
  std::vector<int> problems{};  // statuses of problems besides those that every route may give
  bool slow = false;            // may take long (the mart, an erasure): such have workers of their own
  Handler handler{};
};

// A handler that answers at once.
Handler answering(std::function<Result<Response>(const Context&)> handler);

// Responses.
Response json_response(int status, const json::value& value);

// The workspace that a request names by ?workspace=, else "default", else the only one there is. Refused (not_found,
// required when there are several).
Result<std::shared_ptr<Hosted>> workspace_of(const Context& context);

// ?workspace=, which every operation on a workspace takes, and Traction-Sequence, with which a client demands of a read
// that it knows an entry (its own write).
Parameter workspace_parameter();
Parameter sequence_parameter();

// The entry that a read must know: from Traction-Sequence, else 0. Refused (invalid) when the ledger has not reached
// it.
Result<Seq> demanded_sequence(const Context& context, Hosted& hosted);

}  // namespace traction
