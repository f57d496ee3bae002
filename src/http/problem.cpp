#include "http/problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/fault.h"
#include "base/json.h"
#include "base/text.h"
#include "http/log.h"

namespace traction {
namespace {

struct Known {
  std::string_view code;
  std::string_view title;
};

constexpr std::array<Known, 25> kKnown{{{"invalid", "A value is not of the right form"},
                                        {"required", "Something is missing"},
                                        {"unknown", "There is nothing of that name"},
                                        {"not_found", "Not found"},
                                        {"stale", "The record has changed"},
                                        {"duplicate", "Already there"},
                                        {"key_reused", "Idempotency key used before"},
                                        {"rule", "Against a rule of selling"},
                                        {"forbidden", "Not allowed"},
                                        {"busy", "Busy"},
                                        {"damaged", "Damaged"},
                                        {"too_large", "Too large"},
                                        {"malformed", "Not a request that can be read"},
                                        {"method_not_allowed", "Method not allowed"},
                                        {"timeout", "Too slow"},
                                        {"in_flight", "Still being worked on"},
                                        {"media_type", "Content type not taken"},
                                        {"wrong_host", "Wrong host"},
                                        {"version_required", "Version required"},
                                        {"header_too_large", "Header too large"},
                                        {"internal", "Something went wrong here"},
                                        {"unavailable", "Not available now"},
                                        {"unknown_outcome", "It is not known whether it was done"},
                                        {"disk_full", "No space left"},
                                        {"range", "No such range"}}};

// Whatever quotes a request may have been cut within a character.
std::string safe(std::string_view text) { return is_text(text) ? std::string(text) : excerpt(text, text.size() * 3); }

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
    case Code::required:
    case Code::unknown:
    case Code::rule:
    case Code::key_reused:
    case Code::damaged:
      return 422;
    case Code::not_found:
      return 404;
    case Code::stale:
      return 412;
    case Code::duplicate:
      return 409;
    case Code::forbidden:
      return 403;
    case Code::busy:
      return 503;
    case Code::too_large:
      return 413;
  }
  return 422;
}

Response problem(const Refusal& refusal) {
  return problem(status_of(refusal.code), name(refusal.code), refusal.field, refusal.sentence);
}

Response problem(int status, std::string_view code, std::string_view field, std::string_view sentence) {
  const auto known = std::ranges::find(kKnown, code, &Known::code);
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/problem+json"}};
  if (status == 503) response.headers.push_back({"Retry-After", "1"});
  response.body = json::serialize(json::object{{"type", fmt::format("/docs/problems#{}", code)},
                                               {"title", known == kKnown.end() ? code : known->title},
                                               {"status", status},
                                               {"code", code},
                                               {"field", safe(field)},
                                               {"detail", safe(sentence)}});
  return response;
}

Response problem(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Fault& fault) {
    log(LogLevel::error, fault.what());
    switch (fault.kind()) {
      case Fault::Kind::disk_full:
        return problem(507, "disk_full", "",
                       "The server's disk is full. Nothing was written; make room and try again.");
      case Fault::Kind::unknown_outcome:
        return problem(503, "unknown_outcome", "",
                       "It is not known whether this was written. Ask again with the same idempotency key: it will not "
                       "be done twice.");
      case Fault::Kind::disk:
        return problem(503, "unavailable", "", "The server's disk failed. Nothing was written; try again in a moment.");
      case Fault::Kind::damaged:
      case Fault::Kind::internal:
        break;
    }
  } catch (const std::bad_alloc&) {
    log(LogLevel::error, "A request needed more memory than there is.");
    return problem(503, "unavailable", "", "The server is short of memory. Try again in a moment.");
  } catch (const std::exception& error) {
    log(LogLevel::error, fmt::format("A request failed: {}", error.what()));
  } catch (...) {
    log(LogLevel::error, "A request failed with something that is no exception.");
  }
  return problem(500, "internal", "",
                 "This failed on the server. Its log says why; \"traction doctor\" helps further.");
}

}  // namespace traction
