#include "http/message.h"

namespace traction {

std::string_view name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "other";
}

const std::string* Request::header(std::string_view header_name) const {
  for (const Header& header : headers)
    if (header.name == header_name) return &header.value;
  return nullptr;
}

}  // namespace traction
