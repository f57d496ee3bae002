// Request and Response: what the API sees of HTTP. They know no socket and no library: the adapter (adapter/) reads
// requests into the one and writes the other out. Values; thread-safe as such, except that a Sink is for one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace traction {

enum class Method { get, head, post, put, patch, del, options, other };

std::string_view name(Method method);  // "GET"

struct Header {
  std::string name;  // of a request: in lower case
  std::string value;
};

// How a request reached us.
enum class Via {
  tcp,     // over the network, which is this machine's own until there is access control
  socket,  // over DIR/sock, from a process whose user is ours or root, as the kernel says
};

struct Request {
  Method method = Method::get;
  std::string path;   // as it came, without the query: "/api/v1/deals/12"
  std::string query;  // without the "?"
  std::vector<Header> headers;
  Via via = Via::tcp;
  bool encrypted = false;
  std::string body;       // whole; empty when it was spooled
  std::string body_file;  // where a long body was put: removed after the answer unless the handler moved it away
  std::uint64_t body_size = 0;
  std::stop_token gone;  // asked to stop when the client has hung up or the server is ending

  // The first header of that (lower-case) name; null when there is none.
  const std::string* header(std::string_view header_name) const;
};

// Where a Producer writes.
class Sink {
 public:
  virtual ~Sink() = default;
  // Hands bytes to the client and waits while it reads slowly; false when it has gone, and the producer should end.
  virtual bool write(std::string_view bytes) = 0;
};

// Writes a body of unknown length on a thread of its own; it may block. An exception breaks the connection off, so that
// a part is never taken for the whole.
using Producer = std::function<void(Sink&)>;

// A body that goes on as long as both sides are there, such as events. Called from one thread at a time, not to block.
class Source {
 public:
  virtual ~Source() = default;
  // What there is to be sent now; null when nothing is. Empty text ends the body.
  virtual std::shared_ptr<const std::string> next() = 0;
  // Calls `more` once, from any thread and perhaps at once, when next() has something; forgets it on destruction.
  virtual void when_more(std::function<void()> more) = 0;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;
  // Text, text shared with others (static files), or what is made while it is sent.
  std::variant<std::string, std::shared_ptr<const std::string>, Producer, std::shared_ptr<Source>> body;
};

// Answers a request: to be called once, from any thread.
using Reply = std::function<void(Response)>;

// What a server serves. Both are called on an I/O thread and must not block.
class Service {
 public:
  virtual ~Service() = default;

  // Looks at a request of which only the head has come: how much body it may have, or the answer that spares reading it
  // (no such route, wrong content type, too large by its own word). Called once per request, before handle().
  struct Admission {
    std::uint64_t most_body = 0;  // bytes; more is answered 413
    std::string spool;            // the folder to put the body into; "" = into Request::body
    std::shared_ptr<Response> refusal;
  };
  virtual Admission admit(const Request& head) = 0;

  // Answers a request that was admitted and is whole.
  virtual void handle(std::shared_ptr<const Request> request, Reply reply) = 0;

  // The answer to what is no request that could be admitted: malformed (400), too large (413), header too large (431),
  // too slow (408), a server that is ending or too busy (503).
  virtual Response trouble(int status, std::string_view sentence) = 0;
};

}  // namespace traction
