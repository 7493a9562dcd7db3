#include "kube/client/proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace millrace::kube {
namespace {

Environment env(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto at = values.find(name);
    return at == values.end() ? std::nullopt : std::optional(at->second);
  };
}
std::string proxy(const std::string& host, const std::string& none) {
  return proxy_of(host, env({{"HTTPS_PROXY", "http://proxy:3128"}, {"NO_PROXY", none}}));
}

TEST(Proxy, IsNamedByTheEnvironmentInBothCases) {
  EXPECT_EQ(proxy_of("api.example.org", env({})), "");
  EXPECT_EQ(proxy_of("api.example.org", env({{"HTTPS_PROXY", "http://a:1"}, {"https_proxy", "http://b:1"}})), "http://a:1");
  EXPECT_EQ(proxy_of("api.example.org", env({{"https_proxy", "b:1"}})), "http://b:1") << "without a scheme it is http";
}

TEST(Proxy, NamesAreExemptWithTheirSubdomains) {
  EXPECT_EQ(proxy("api.example.org", "other.org"), "http://proxy:3128");
  EXPECT_EQ(proxy("api.example.org", "other.org, Example.org"), "");
  EXPECT_EQ(proxy("example.org", "example.org"), "");
  EXPECT_EQ(proxy("badexample.org", "example.org"), "http://proxy:3128");
  EXPECT_EQ(proxy("example.org", ".example.org"), "http://proxy:3128") << "the subdomains alone";
  EXPECT_EQ(proxy("api.example.org", "*.example.org"), "");
  EXPECT_EQ(proxy("api.example.org", "*"), "");
}

TEST(Proxy, AddressesAndNetworksAreExempt) {
  EXPECT_EQ(proxy("10.96.0.1", "10.96.0.0/12"), "");
  EXPECT_EQ(proxy("10.128.0.1", "10.96.0.0/12"), "http://proxy:3128");
  EXPECT_EQ(proxy("10.96.0.1", "10.96.0.1"), "");
  EXPECT_EQ(proxy("fd00::1", "fd00::/8"), "");
  EXPECT_EQ(proxy("fe80::1", "fd00::/8"), "http://proxy:3128");
  EXPECT_EQ(proxy("10.96.0.1", "fd00::/8,nonsense/99"), "http://proxy:3128");
}

TEST(Proxy, LoopbackIsNeverProxied) {
  for (const char* host : {"localhost", "127.0.0.1", "::1"}) EXPECT_EQ(proxy(host, ""), "") << host;
}

}  // namespace
}  // namespace millrace::kube
