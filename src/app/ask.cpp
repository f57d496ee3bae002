#include "app/ask.h"

#include <fmt/format.h>

#include "metrics/answer.h"

namespace traction {
namespace {

// Has `tell` answer from the present or from what was known at the instant the query names.
template <class Tell>
auto put(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now,
         const Tell& tell) -> decltype(tell(std::declval<Asking>())) {
  if (!query.as_of)
    return tell(Asking{catalogue, schema, now, mart.applied(), [&](const std::string& sql) { return mart.query(sql); },
                       [&](const std::string& sql) { return mart.look_up(sql); }});
  if (*query.as_of > now)
    return refuse(Code::invalid, "as_of",
                  fmt::format("{} is yet to come: what will be known then is not known now.", to_string(*query.as_of)));
  const Seq known = mart.recorded_by(*query.as_of);
  if (known == 0)
    return refuse(Code::not_found, "as_of",
                  fmt::format("At {} nothing had been recorded yet.", to_string(*query.as_of)));
  const Schema then = mart.schema_as_of(known);
  return tell(Asking{catalogue, then, *query.as_of, known,
                     [&](const std::string& sql) { return mart.query_as_of(known, sql); },
                     [&](const std::string& sql) { return mart.look_up_as_of(known, sql); }});
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
