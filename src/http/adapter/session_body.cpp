// The body of a request on its way in: into memory or into a file.
#include <boost/asio/post.hpp>

#include "http/adapter/session.h"

namespace traction::adapter {
namespace {

constexpr std::size_t kSpoolAtOnce = 256 * 1024;

}  // namespace

std::shared_ptr<Spool> Session::make_spool(const std::string& folder) {
  // Removing a long file takes its time: that too is for the background.
  return {new Spool(folder), [&background = common_.background](Spool* spool) {
            boost::asio::post(background, [spool] { delete spool; });
          }};
}

Task<Session::Reading> Session::read_body(RequestParser& parser, std::uint64_t most, std::shared_ptr<Spool> spool,
                                          SteadyTime until) {
  using End = Reading::End;
  doing_ = Doing::body;
  if (parser.length().value_or(0) > most) co_return Reading{End::too_long};
  if (parser.expects() && input().empty() && !co_await write({"HTTP/1.1 100 Continue\r\n\r\n"}))
    co_return Reading{cut_ == Why::late ? End::late : End::cut};
  std::string taken;
  for (;;) {
    used(parser.put(input()));
    if (parser.trouble()) co_return Reading{End::garbled};
    if (parser.body_size() > most) co_return Reading{End::too_long};
    if (spool && (parser.done() || parser.body().size() >= kSpoolAtOnce)) {
      taken.clear();
      taken.swap(parser.body());
      co_await in_background([&spool, &taken, whole = parser.done()] {
        spool->write(taken);
        if (whole) spool->close();
      });
      if (spool->failure()) co_return Reading{End::disk};
    }
    if (parser.done()) co_return Reading{End::whole};
    const SteadyTime patience = std::chrono::steady_clock::now() + common_.options.body_time;
    if (!co_await more(std::min(patience, until), true)) co_return Reading{cut_ == Why::late ? End::late : End::cut};
  }
}

}  // namespace traction::adapter
