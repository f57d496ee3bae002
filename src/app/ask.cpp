#include "app/ask.h"

#include <fmt/format.h>

#include <chrono>

#include "metrics/answer.h"

namespace traction {
namespace {

constexpr std::chrono::seconds kPatience{2};

// A mart that is being built knows nothing, and then everything at once: waits for that a while, but does not keep a
// worker of the server for as long as a great ledger takes.
Result<std::unique_ptr<MartReader>> patiently(Mart& mart, Seq at_least, const auto& read) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (std::unique_ptr<MartReader> reader = read(); reader && reader->seq() >= at_least) return reader;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !mart.wait_for(at_least, static_cast<int>(left.count())))
      return refuse(Code::busy, "", "The numbers are being built from the ledger. Ask again in a moment.");
  }
}

// Has `tell` answer from the present or from what was known at the instant the query names.
template <class Tell>
auto put(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now,
         const Tell& tell) -> decltype(tell(std::declval<Asking>())) {
  const auto over = [&](MartReader& reader, const Schema& of_then, Instant then) {
    return tell(Asking{catalogue, of_then, then, reader.seq(),
                       [&](const std::string& sql) { return reader.query(sql); },
                       [&](const std::string& sql) { return reader.look_up(sql); }});
  };
  if (!query.as_of) {
    const auto reader = patiently(mart, 1, [&] { return mart.read(); });
    if (!reader) return refuse(reader);
    return over(**reader, schema, now);
  }
  if (*query.as_of > now)
    return refuse(Code::invalid, "as_of",
                  fmt::format("{} is yet to come: what will be known then is not known now.", to_string(*query.as_of)));
  const Seq known = mart.recorded_by(*query.as_of);
  if (known == 0)
    return refuse(Code::not_found, "as_of",
                  fmt::format("At {} nothing had been recorded yet.", to_string(*query.as_of)));
  const auto reader = patiently(mart, known, [&] { return mart.read_as_of(known); });
  if (!reader) return refuse(reader);
  return over(**reader, *(*reader)->schema(), *query.as_of);
}

}  // namespace

Result<Answer> ask(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now) {
  return put(mart, catalogue, schema, query, now, [&](const Asking& asking) { return answer(asking, query); });
}

Result<Cases> ask_cases(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now,
                        std::size_t limit) {
  return put(mart, catalogue, schema, query, now, [&](const Asking& asking) { return cases(asking, query, limit); });
}

}  // namespace traction
