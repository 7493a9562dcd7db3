#include "app/bind.h"

#include <charconv>

namespace millrace::app {

core::Result<endpoints::ServerOptions> parse_bind(const std::string& option, const std::string& bind) {
  const std::size_t colon = bind.rfind(':');
  endpoints::ServerOptions out;
  const char* first = bind.c_str() + (colon == std::string::npos ? 0 : colon + 1);
  const char* last = bind.c_str() + bind.size();
  if (const auto parsed = std::from_chars(first, last, out.port); parsed.ec != std::errc() || parsed.ptr != last) {
    return core::Error{core::ErrorCode::Invalid, option + ": \"" + bind + "\" must be an address and a port such as :8081"};
  }
  out.address = colon == std::string::npos ? "" : bind.substr(0, colon);
  if (out.address.size() > 1 && out.address.front() == '[') out.address = out.address.substr(1, out.address.size() - 2);
  if (out.address == "::") out.address.clear();
  return out;
}

}  // namespace millrace::app
