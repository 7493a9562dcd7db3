#include "kube/client/proxy.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "core/text.h"

namespace millrace::kube {
namespace {

namespace ip = boost::asio::ip;
using Problem = boost::system::error_code;

std::string stripped(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return core::lower(text);
}

bool is_within(const ip::address& address, const std::string& network) {
  Problem problem;
  if (address.is_v4()) {
    const auto net = ip::make_network_v4(network, problem);
    return !problem && (address.to_v4().to_uint() & net.netmask().to_uint()) == net.network().to_uint();
  }
  const auto net = ip::make_network_v6(network, problem);
  return !problem && ip::network_v6(address.to_v6(), net.prefix_length()).canonical() == net.canonical();
}

bool exempts(const std::string& entry, const std::string& host) {
  if (entry.empty()) return false;
  if (entry == "*") return true;
  Problem problem;
  if (const auto address = ip::make_address(host, problem); !problem) {
    if (entry.find('/') != std::string::npos) return is_within(address, entry);
    const auto same = ip::make_address(entry, problem);
    return !problem && same == address;
  }
  const std::string name = entry.starts_with("*.") ? entry.substr(1) : entry;
  if (name.starts_with(".")) return host.ends_with(name);
  return host == name || host.ends_with("." + name);
}

bool is_loopback(const std::string& host) {
  Problem problem;
  const auto address = ip::make_address(host, problem);
  return host == "localhost" || (!problem && address.is_loopback());
}

std::string of(const Environment& environment, const char* upper) {
  const auto value = environment(upper);
  return value && !value->empty() ? *value : environment(core::lower(upper)).value_or("");
}

}  // namespace

std::string proxy_of(std::string_view host, const Environment& environment) {
  const std::string proxy = of(environment, "HTTPS_PROXY"), name = core::lower(host), none = of(environment, "NO_PROXY");
  if (proxy.empty() || is_loopback(name)) return {};
  for (const std::string_view entry : core::split(none, ',')) {
    if (exempts(stripped(entry), name)) return {};
  }
  return proxy.find("://") == std::string::npos ? "http://" + proxy : proxy;
}

}  // namespace millrace::kube
