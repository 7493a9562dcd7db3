#include <gtest/gtest.h>

#include "kube/model/children.h"

namespace millrace::kube {
namespace {

struct Case {
  const char* what;
  const char* live;
  const char* desired;
  const char* difference;  // "" when covered
};

json::Value parsed(const char* text) {
  auto value = json::parse(text);
  if (!value) ADD_FAILURE() << value.error().message << " in " << text;
  return value ? *value : json::Value();
}

class Covers : public testing::TestWithParam<Case> {};

TEST_P(Covers, SaysWhatDiffers) {
  const Case& c = GetParam();
  const json::Value live = parsed(c.live), desired = parsed(c.desired);
  EXPECT_EQ(first_difference(live, desired), c.difference) << c.what;
  EXPECT_EQ(covers(live, desired), std::string(c.difference).empty()) << c.what;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Covers,
    testing::Values(
        Case{"members that the server added", R"({"spec":{"a":1,"b":2}})", R"({"spec":{"a":1}})", ""},
        Case{"another value", R"({"spec":{"image":"a"}})", R"({"spec":{"image":"b"}})", R"(spec.image: "a" instead of "b")"},
        Case{"a missing member", R"({"spec":{}})", R"({"spec":{"image":"b"}})", R"(spec.image: nothing instead of "b")"},
        Case{"a missing spec", R"({})", R"({"spec":{"image":"b"}})", R"(spec: nothing instead of {"image":"b"})"},
        Case{"another type", R"({"spec":{"a":"1"}})", R"({"spec":{"a":1}})", R"(spec.a: "1" instead of 1)"},
        Case{"empty texts, lists and objects are absent", R"({"spec":{}})", R"({"spec":{"a":"","b":[],"c":{},"d":null,"e":{"f":[]}}})", ""},
        Case{"absent in both forms", R"({"spec":{"a":null}})", R"({"spec":{"a":{}}})", ""},
        Case{"an emptied atomic list", R"({"spec":{"args":["x"]}})", R"({"spec":{"args":[]}})", R"(spec.args: ["x"] instead of [])"},
        Case{"false is a value", R"({"spec":{}})", R"({"spec":{"enableServiceLinks":false}})",
             "spec.enableServiceLinks: nothing instead of false"},
        Case{"zero is a value", R"({"spec":{"replicas":1}})", R"({"spec":{"replicas":0}})", "spec.replicas: 1 instead of 0"},
        Case{"quantities by value", R"({"spec":{"resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":2}}}})",
             R"({"spec":{"resources":{"limits":{"cpu":"1000m","memory":"1024Mi"},"requests":{"cpu":"2"}}}})", ""},
        Case{"another quantity", R"({"spec":{"resources":{"limits":{"cpu":"1"}}}})", R"({"spec":{"resources":{"limits":{"cpu":"1001m"}}}})",
             R"(spec.resources.limits.cpu: "1" instead of "1001m")"},
        Case{"a size limit by value", R"({"spec":{"volumes":[{"name":"m","emptyDir":{"sizeLimit":"1Gi"}}]}})",
             R"({"spec":{"volumes":[{"name":"m","emptyDir":{"sizeLimit":"1024Mi"}}]}})", ""},
        Case{"texts elsewhere are not quantities", R"({"spec":{"args":["1"]}})", R"({"spec":{"args":["1000m"]}})",
             R"(spec.args[0]: "1" instead of "1000m")"},
        Case{"containers by name, whatever a webhook added",
             R"({"spec":{"containers":[{"name":"proxy"},{"name":"m","image":"x","tty":true}]}})",
             R"({"spec":{"containers":[{"name":"m","image":"x"}]}})", ""},
        Case{"a rewritten image", R"({"spec":{"template":{"spec":{"containers":[{"name":"model","image":"a"}]}}}})",
             R"({"spec":{"template":{"spec":{"containers":[{"name":"model","image":"b"}]}}}})",
             R"(spec.template.spec.containers[model].image: "a" instead of "b")"},
        Case{"a removed container", R"({"spec":{"containers":[{"name":"m"}]}})", R"({"spec":{"containers":[{"name":"n"}]}})",
             R"(spec.containers[n]: nothing instead of {"name":"n"})"},
        Case{"mounts by path", R"({"spec":{"volumeMounts":[{"mountPath":"/t","name":"token"},{"mountPath":"/m","name":"v"}]}})",
             R"({"spec":{"volumeMounts":[{"mountPath":"/m","name":"v"}]}})", ""},
        Case{"a mount of another volume", R"({"spec":{"volumeMounts":[{"mountPath":"/m","name":"v"}]}})",
             R"({"spec":{"volumeMounts":[{"mountPath":"/m","name":"w"}]}})", R"(spec.volumeMounts[/m].name: "v" instead of "w")"},
        Case{"container ports by number and protocol",
             R"({"spec":{"ports":[{"containerPort":80,"protocol":"UDP"},{"containerPort":80,"protocol":"TCP","name":"http"}]}})",
             R"({"spec":{"ports":[{"containerPort":80,"name":"http"}]}})", ""},
        Case{"service ports by number", R"({"spec":{"ports":[{"port":80,"targetPort":8080,"protocol":"TCP"}]}})",
             R"({"spec":{"ports":[{"port":80,"targetPort":8081}]}})", "spec.ports[80].targetPort: 8080 instead of 8081"},
        Case{"an atomic list that grew", R"({"spec":{"args":["a","b"]}})", R"({"spec":{"args":["a"]}})",
             R"(spec.args: ["a","b"] instead of ["a"])"},
        Case{"an atomic list in another order", R"({"spec":{"args":["a","b"]}})", R"({"spec":{"args":["b","a"]}})",
             R"(spec.args[0]: "a" instead of "b")"},
        Case{"defaults inside an atomic list's items",
             R"({"spec":{"rules":[{"backendRefs":[{"name":"x","weight":1,"group":"","kind":"Service"}]}]}})",
             R"({"spec":{"rules":[{"backendRefs":[{"name":"x"}]}]}})", ""},
        Case{"labels count", R"({"metadata":{"labels":{"a":"2","x":"y"}}})", R"({"metadata":{"labels":{"a":"1"}}})",
             R"(metadata.labels.a: "2" instead of "1")"},
        Case{"no labels at all", R"({"metadata":{}})", R"({"metadata":{"labels":{"a":"1"}}})",
             R"(metadata.labels: nothing instead of {"a":"1"})"},
        Case{"the applied hash counts", R"({"metadata":{"annotations":{"millrace.dev/applied":"h1:1"}}})",
             R"({"metadata":{"annotations":{"millrace.dev/applied":"h1:2"}}})",
             R"(metadata.annotations.millrace.dev/applied: "h1:1" instead of "h1:2")"},
        Case{"owners by uid", R"({"metadata":{"ownerReferences":[{"uid":"1","kind":"A"},{"uid":"2","kind":"B","controller":true}]}})",
             R"({"metadata":{"ownerReferences":[{"uid":"2","controller":true}]}})", ""},
        Case{"an owner that is gone", R"({"metadata":{"ownerReferences":[]}})", R"({"metadata":{"ownerReferences":[{"uid":"2"}]}})",
             R"(metadata.ownerReferences[2]: nothing instead of {"uid":"2"})"},
        Case{"finalizers in any order", R"({"metadata":{"finalizers":["b","a"]}})", R"({"metadata":{"finalizers":["a"]}})", ""},
        Case{"a finalizer that is missing", R"({"metadata":{"finalizers":["b"]}})", R"({"metadata":{"finalizers":["a"]}})",
             R"(metadata.finalizers: ["b"] instead of "a")"},
        Case{"other metadata, status and type are not judged",
             R"({"apiVersion":"apps/v1","kind":"A","metadata":{"name":"a","generation":3},"status":{"x":1}})",
             R"({"apiVersion":"v1","kind":"B","metadata":{"name":"b"},"status":{"x":2}})", ""},
        Case{"members beside spec", R"({"data":{"k":"1"}})", R"({"data":{"k":"2"}})", R"(data.k: "1" instead of "2")"}));

TEST(FirstDifference, CutsLongValues) {
  const json::Value live = json::Object{{"spec", json::Object{{"a", std::string(10'000, 'x')}}}};
  const json::Value desired = json::Object{{"spec", json::Object{{"a", std::string(10'000, 'y')}}}};
  EXPECT_LT(first_difference(live, desired).size(), 500U);
}

}  // namespace
}  // namespace millrace::kube
