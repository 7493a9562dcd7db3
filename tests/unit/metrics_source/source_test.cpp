#include "metrics_source/source.h"

#include <gtest/gtest.h>

namespace millrace::metrics_source {
namespace {

std::string why(const std::string& option) {
  const auto source = parse_source(option);
  return source ? "(a source)" : source.error().message;
}

TEST(MetricsSource, IsReadFromItsOption) {
  const auto source = parse_source(
      "name=team-a,url=https://prometheus.monitoring.svc:9090/tenant/,tenancy=label,token-file=/etc/t/token,ca-file=/etc/t/ca.crt");
  ASSERT_TRUE(source) << source.error().message;
  const Source wanted{.name = "team-a",
                      .tls = true,
                      .host = "prometheus.monitoring.svc",
                      .port = "9090",
                      .prefix = "/tenant",
                      .tenancy = Tenancy::Label,
                      .token_file = "/etc/t/token",
                      .ca_file = "/etc/t/ca.crt"};
  EXPECT_EQ(*source, wanted);
  EXPECT_EQ(authority(*source), "prometheus.monitoring.svc:9090");
  EXPECT_EQ(target(*source, "/api/v1/query?query=up", "ml"), "/tenant/api/v1/query?query=up&namespace=ml");
}

TEST(MetricsSource, HasThePortOfItsScheme) {
  const auto plain = parse_source("name=p,url=http://p"), six = parse_source("name=p,url=http://[::1]:9090"),
             secure = parse_source("name=p,url=https://p/,tenancy=header");
  ASSERT_TRUE(plain && six && secure);
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(authority(*plain), "p");
  EXPECT_EQ(target(*plain, "/api/v1/query?query=up", "ml"), "/api/v1/query?query=up") << "without tenancy nobody is told whose it is";
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(authority(*six), "[::1]:9090");
  EXPECT_EQ(secure->port, "443");
  EXPECT_EQ(target(*secure, "/q?x", "ml"), "/q?x");
}

TEST(MetricsSource, ARefusalNamesWhatIsAllowed) {
  const std::string url = "url must be http:// or https://, a host, perhaps a port and a path; no user, query or fragment";
  for (const char* bad : {"ftp://p", "p:9090", "http://", "http://p:", "http://p:0", "http://p:65536", "http://user@p", "http://p/?x=1",
                          "http://p/#x", "http://[::1", "http://p /x"}) {
    EXPECT_TRUE(why("name=p,url=" + std::string(bad)).ends_with(url)) << bad << ": " << why("name=p,url=" + std::string(bad));
  }
  for (const char* bad : {"", "Prom", "1p", "a_b"}) {
    EXPECT_NE(why("url=http://p,name=" + std::string(bad)).find("name must begin with a letter"), std::string::npos) << bad;
  }
  EXPECT_EQ(why("name=p,url=http://p,tenancy=all"),
            "--metrics-source \"name=p,url=http://p,tenancy=all\": tenancy must be none, label or header");
  EXPECT_NE(why("name=p,url=http://p,user=x").find("allowed are name=, url=, tenancy=, token-file=, ca-file="), std::string::npos);
  EXPECT_NE(why("name=p,name=q,url=http://p").find("name= stands twice"), std::string::npos);
  EXPECT_NE(why("name=p").find("name= and url= must be there"), std::string::npos);
  EXPECT_NE(why("name=p,url=http://p,token-file=").find("token-file must be the path of a file"), std::string::npos);
  EXPECT_NE(why("name=p,url=http://p,ca-file=/x").find("ca-file is for https:// alone"), std::string::npos);
}

TEST(MetricsSource, NamesDiffer) {
  const auto two = parse_sources({"name=a,url=http://p", "name=b,url=http://p"});
  ASSERT_TRUE(two);
  EXPECT_EQ(two->size(), 2u);
  const auto same = parse_sources({"name=a,url=http://p", "name=a,url=http://q"});
  ASSERT_FALSE(same);
  EXPECT_NE(same.error().message.find("another source has the name a"), std::string::npos);
}

}  // namespace
}  // namespace millrace::metrics_source
