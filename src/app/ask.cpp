#include "app/ask.h"

#include "metrics/answer.h"

namespace traction {
namespace {

Asking asking(Mart& mart, const Catalogue& catalogue, const Schema& schema, Instant now) {
  return {catalogue, schema, now, mart.applied(),
          [&mart](const std::string& sql, const std::vector<Cell>& parameters) { return mart.query(sql, parameters); }};
}

}  // namespace

Result<Answer> ask(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now) {
  return answer(asking(mart, catalogue, schema, now), query);
}

Result<Cases> ask_cases(Mart& mart, const Catalogue& catalogue, const Schema& schema, const Query& query, Instant now,
                        std::size_t limit) {
  return cases(asking(mart, catalogue, schema, now), query, limit);
}

}  // namespace traction
