// Where pods find the operator.
#include "reports/place.h"

#include <gtest/gtest.h>

#include "json/value.h"
#include "unit/reports/fake.h"

namespace millrace::reports {
namespace {

using json::Array;
using json::Object;

const Place kPlace{.ns = "millrace", .name = "millrace-reports"};
const core::Instant kNow{std::chrono::seconds(1'767'225'600)};

std::string base64(const std::string& bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned long n = 0;
    const std::size_t there = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) n = n << 8 | (k < there ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += k <= there ? kDigits[n >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// A Service, and a Secret that keeps what is put into it.
struct Cluster {
  Fake api{};
  Object spec{{"clusterIP", "10.96.0.7"}, {"ports", Array{Object{{"name", "https"}, {"port", 443}}}}};
  Object data{};
  int conflicts = 0;

  Cluster() {
    api.answer = [this](const kube::Request& r) -> core::Result<kube::Response> {
      if (r.path.starts_with("/api/v1/namespaces/millrace/services/millrace-reports")) return ok(Object{{"spec", spec}});
      if (r.method == "GET") return ok(Object{{"metadata", Object{{"resourceVersion", "7"}}}, {"data", data}});
      if (conflicts-- > 0) return kube::Response{.status = 409, .body = R"({"kind":"Status","code":409,"reason":"Conflict"})"};
      const auto body = json::parse(r.body);
      EXPECT_EQ(body->text_at({"metadata", "resourceVersion"}), "7");
      for (const char* name : {"tls.crt", "tls.key"}) data[name] = base64(body->text_at({"stringData", name}));
      return ok(*body);
    };
  }
  static kube::Response ok(const json::Value& body) { return {.status = 200, .body = json::dump(body)}; }
  std::size_t puts() const {
    return static_cast<std::size_t>(std::count_if(api.seen.begin(), api.seen.end(), [](const auto& r) { return r.method == "PUT"; }));
  }
};

TEST(Place, MakesACertificateOnceAndKeepsIt) {
  Cluster c;
  const auto first = find(c.api, kPlace, kNow);
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->reports.at, "10.96.0.7:443");
  EXPECT_EQ(first->reports.name, "millrace-reports.millrace.svc");
  EXPECT_EQ(first->reports.ca, first->certificate.certificate);
  const auto again = find(c.api, kPlace, kNow + std::chrono::hours(24));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->certificate, first->certificate) << "pods that run carry it";
  EXPECT_EQ(c.puts(), 1u);
}

TEST(Place, MakesAnotherWhenItNoLongerFits) {
  Cluster c;
  const auto first = find(c.api, kPlace, kNow);
  const auto later = find(c.api, kPlace, kNow + std::chrono::hours(24 * 3640));
  ASSERT_TRUE(later.has_value());
  EXPECT_NE(later->certificate, first->certificate);
  c.data["tls.key"] = "nonsense";
  EXPECT_TRUE(find(c.api, kPlace, kNow).has_value());
  EXPECT_EQ(c.puts(), 3u);
}

TEST(Place, WhoComesSecondTakesWhatTheFirstMade) {
  Cluster c;
  c.conflicts = 1;
  ASSERT_TRUE(find(c.api, kPlace, kNow).has_value());
  c.conflicts = 100;
  c.data = {};
  EXPECT_FALSE(find(c.api, kPlace, kNow).has_value());
  EXPECT_LT(c.puts(), 10u);
}

TEST(Place, ASixthFamilyAddressIsBracketed) {
  Cluster c;
  c.spec["clusterIP"] = "fd00::7";
  EXPECT_EQ(find(c.api, kPlace, kNow)->reports.at, "[fd00::7]:443");
}

TEST(Place, SaysWhatIsMissing) {
  Cluster c;
  c.spec["clusterIP"] = "None";
  EXPECT_NE(find(c.api, kPlace, kNow).error().message.find("has no cluster IP"), std::string::npos);
  c.api.answer = [](const kube::Request&) {
    return kube::Response{.status = 404,
                          .body = R"({"kind":"Status","code":404,"reason":"NotFound","message":"services \"x\" not found"})"};
  };
  EXPECT_EQ(find(c.api, kPlace, kNow).error().message, "services \"x\" not found");
}

TEST(Place, AnnouncesOneEndpoint) {
  Fake api;
  api.answer = [](const kube::Request&) { return kube::Response{.status = 200, .body = "{}"}; };
  ASSERT_TRUE(announce(api, kPlace, "10.0.0.9", 8443).has_value());
  ASSERT_EQ(api.seen.size(), 1u);
  EXPECT_EQ(api.seen[0].method, "PATCH");
  EXPECT_TRUE(api.seen[0].path.starts_with("/apis/discovery.k8s.io/v1/namespaces/millrace/endpointslices/millrace-reports?"));
  const auto slice = json::parse(api.seen[0].body);
  EXPECT_EQ(slice->text_at({"metadata", "labels", "kubernetes.io/service-name"}), "millrace-reports");
  EXPECT_EQ(slice->text_at({"addressType"}), "IPv4");
  ASSERT_TRUE(announce(api, kPlace, "fd00::9", 8443).has_value());
  EXPECT_EQ(json::parse(api.seen[1].body)->text_at({"addressType"}), "IPv6");
}

}  // namespace
}  // namespace millrace::reports
