// The gateway actor, and the oracle of routes.
#include <gtest/gtest.h>

#include "json/codec.h"
#include "kube/model/gateway.h"
#include "support/actors/cluster.h"
#include "support/sim/routes.h"

namespace millrace::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr core::Instant kStart{std::chrono::seconds(1'767'225'600)};

class Gateways : public testing::Test {
 protected:
  Gateways() {
    for (const char* name : {"infra", "ml"}) {
      server_.create_as("person", Object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", Object{{"name", name}}}}, now_);
    }
  }
  static Object object(const char* api_version, const char* kind, std::string ns, std::string name, Object spec) {
    return {{"apiVersion", api_version},
            {"kind", kind},
            {"metadata", Object{{"name", std::move(name)}, {"namespace", std::move(ns)}}},
            {"spec", std::move(spec)}};
  }
  void make(const Object& what) { ASSERT_EQ(server_.create_as("person", what, now_), 201) << json::dump(Value(what)); }
  void gateway(std::string ns, const char* from) {
    const Object listener{{"name", "web"}, {"port", 80}, {"allowedRoutes", Object{{"namespaces", Object{{"from", from}}}}}};
    make(object("gateway.networking.k8s.io/v1", "Gateway", std::move(ns), "public", {{"listeners", Array{listener}}}));
  }
  void route(std::string gateway_ns, Array backends) {
    make(object("gateway.networking.k8s.io/v1", "HTTPRoute", "ml", "r",
                {{"parentRefs", Array{Object{{"name", "public"}, {"namespace", std::move(gateway_ns)}}}},
                 {"rules", Array{Object{{"backendRefs", std::move(backends)}}}}}));
  }
  void service(std::string name) {
    make(object("v1", "Service", "ml", name, {{"selector", Object{{"app", name}}}, {"ports", Array{Object{{"port", 80}}}}}));
  }
  void pass(int seconds) {
    now_ += std::chrono::seconds(seconds);
    act(
        server_, [](const Value&, const std::string&) { return runs(); }, now_);
  }
  // "Accepted ResolvedRefs@2": reasons, and the generation that they are about.
  std::string said() const {
    const auto read = json::decode<kube::HttpRoute>(*server_.find(kube::resources::kHttpRoute, "ml", "r"));
    std::string out;
    for (const kube::RouteParentStatus& parent : read->status.parents) {
      for (const kube::Condition& c : parent.conditions) out += c.reason + "@" + std::to_string(c.observed_generation) + " ";
    }
    return out;
  }

  core::Instant now_ = kStart;
  ApiServer server_{};
};

TEST_F(Gateways, TellWhatBecameOfARouteSomeTimeAfterItChanged) {
  gateway("infra", "All");
  service("a");
  route("infra", Array{Object{{"name", "a"}, {"port", 80}}});
  pass(0);
  EXPECT_EQ(said(), "");
  EXPECT_EQ(next_of_gateways(server_, now_), kStart + std::chrono::seconds(2));
  pass(2);
  EXPECT_EQ(said(), "Accepted@1 ResolvedRefs@1 ");
  EXPECT_EQ(next_of_gateways(server_, now_), std::nullopt);
  Value next = *server_.find(kube::resources::kHttpRoute, "ml", "r");
  (*next.object()->find("spec")->object())["hostnames"] = Array{"a.example.org"};
  pass(10);
  ASSERT_EQ(server_.put_as("person", next, now_), 200);
  pass(1);
  EXPECT_EQ(said(), "Accepted@1 ResolvedRefs@1 ") << "not yet";
  pass(1);
  EXPECT_EQ(said(), "Accepted@2 ResolvedRefs@2 ");
  const std::uint64_t version = server_.store().version();
  pass(100);
  EXPECT_EQ(server_.store().version(), version) << "at rest it writes nothing";
}

TEST_F(Gateways, NameABackendThatIsMissing) {
  gateway("infra", "All");
  service("a");
  route("infra", Array{Object{{"name", "a"}}, Object{{"name", "b"}, {"weight", 0}}});
  pass(2);
  EXPECT_EQ(said(), "Accepted@1 BackendNotFound@1 ");
  service("b");
  pass(1);
  EXPECT_EQ(said(), "Accepted@1 ResolvedRefs@1 ");
}

TEST_F(Gateways, LetInWhomTheirListenersAllow) {
  gateway("infra", "Same");
  service("a");
  route("infra", Array{Object{{"name", "a"}}});
  pass(2);
  EXPECT_EQ(said(), "NotAllowedByListeners@1 ResolvedRefs@1 ");
}

TEST_F(Gateways, OfNobodySayNothing) {
  service("a");
  route("absent", Array{Object{{"name", "a"}}});
  pass(60);
  EXPECT_EQ(said(), "");
}

TEST_F(Gateways, RequestsThatGoNowhereAreFound) {
  service("a");
  route("infra", Array{Object{{"name", "a"}}, Object{{"name", "b"}, {"weight", 0}}});
  pass(0);
  EXPECT_EQ(dead_backend(server_), "route r sends requests nowhere: Service a has no ready pod");
  const Object pod{{"apiVersion", "v1"},
                   {"kind", "Pod"},
                   {"metadata", Object{{"name", "p"}, {"namespace", "ml"}, {"labels", Object{{"app", "a"}}}}},
                   {"spec", Object{{"nodeName", "node1"}, {"containers", Array{Object{{"name", "main"}, {"image", "i"}}}}}}};
  make(pod);
  pass(1);
  pass(5);
  EXPECT_EQ(dead_backend(server_), "") << "a backend without weight may be missing";
  server_.remove(kube::resources::kService, "ml", "a");
  EXPECT_EQ(dead_backend(server_), "route r sends requests nowhere: Service a is missing");
}

}  // namespace
}  // namespace millrace::sim
