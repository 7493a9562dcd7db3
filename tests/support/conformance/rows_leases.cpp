// What an election and a fence lean on: Leases, statuses and scales that carry uid and version.
#include "support/conformance/rows.h"

namespace millrace::conformance {

using json::Object;
using json::Value;
using namespace paths;

namespace {
const std::string kLeases = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases";

Value lease(std::string holder, std::string version, int seconds = 15) {
  Object meta{{"name", "l"}};
  if (!version.empty()) meta["resourceVersion"] = std::move(version);
  return Object{{"apiVersion", "coordination.k8s.io/v1"},
                {"kind", "Lease"},
                {"metadata", std::move(meta)},
                {"spec", Object{{"holderIdentity", std::move(holder)},
                                {"leaseDurationSeconds", seconds},
                                {"leaseTransitions", 0},
                                {"acquireTime", "2026-01-01T00:00:00.123456Z"},
                                {"renewTime", "2026-01-01T00:00:02.000000Z"}}}};
}
Value status_of(std::string version, std::string uid, std::string phase) {
  Object meta{{"name", "w"}, {"resourceVersion", std::move(version)}};
  if (!uid.empty()) meta["uid"] = std::move(uid);
  return Object{{"apiVersion", "toy.millrace.dev/v1"},
                {"kind", "Widget"},
                {"metadata", std::move(meta)},
                {"status", Object{{"phase", std::move(phase)}}}};
}
Value scale_to(int replicas, std::string uid, std::string version) {
  return Object{{"metadata", Object{{"uid", std::move(uid)}, {"resourceVersion", std::move(version)}}},
                {"spec", Object{{"replicas", replicas}}}};
}
const std::string kOther = "00000000-0000-4000-8000-000000000000";
}  // namespace

std::vector<Row> rows_of_leases() {
  const std::string l = kLeases + "/l", w = kWidgets + "/w", d = kDeployments + "/d";
  return {
      {"ALeaseIsRenewedByPutWithItsVersion",
       {post(kLeases, lease("me", "")).has("spec/acquireTime", "2026-01-01T00:00:00.123456Z").keeps("rv", "metadata/resourceVersion"),
        put(l, lease("me", "{rv}", 1)).has("spec/leaseDurationSeconds", 1).differs("metadata/resourceVersion", "rv")}},
      {"ALeaseThatWasTakenMeanwhileIsAConflict",
       {post(kLeases, lease("me", "")).keeps("old", "metadata/resourceVersion"), put(l, lease("you", "{old}")),
        put(l, lease("me", "{old}")).gives(409).has("reason", "Conflict"), get(l).has("spec/holderIdentity", "you")}},
      {"TwoWhoMakeTheSameLeaseAreOne",
       {post(kLeases, lease("me", "")), post(kLeases, lease("you", "")).gives(409).has("reason", "AlreadyExists"),
        get(l).has("spec/holderIdentity", "me")}},
      {"ALeaseLastsLongerThanNothing",
       {post(kLeases, lease("me", "", 0)).gives(422).has("details/causes/0/field", "spec.leaseDurationSeconds")}},
      {"AReleasedLeaseHasNoHolder",
       {post(kLeases, lease("me", "")).keeps("rv", "metadata/resourceVersion"),
        put(l, lease("", "{rv}", 1)).has("spec/holderIdentity", "").has("spec/leaseDurationSeconds", 1)}},
      {"AStatusOfAnotherUidIsAConflict",
       {post(kWidgets, widget("w", {})).keeps("rv", "metadata/resourceVersion"),
        put(w + "/status", status_of("{rv}", kOther, "Made")).gives(409).has("reason", "Conflict"), get(w).lacks("status")}},
      {"AStatusOfTheRightUidAndVersionIsWritten",
       {post(kWidgets, widget("w", {})).keeps("rv", "metadata/resourceVersion").keeps("uid", "metadata/uid"),
        put(w + "/status", status_of("{rv}", "{uid}", "Made")).has("status/phase", "Made").same("metadata/uid", "uid")}},
      {"AStatusOfNothingIsNotFound", {put(w + "/status", status_of("1", "", "Made")).gives(404).has("reason", "NotFound")}},
      {"AStatusThatChangesNothingKeepsTheVersion",
       {post(kWidgets, widget("w", {})).keeps("rv", "metadata/resourceVersion"),
        put(w + "/status", status_of("{rv}", "", "Made")).keeps("rv", "metadata/resourceVersion"),
        put(w + "/status", status_of("{rv}", "", "Made")).same("metadata/resourceVersion", "rv")}},
      {"AStatusGoesByItsSubresourceAlone",
       {post(kWidgets, widget("w", {})), merge(w, Object{{"status", Object{{"phase", "Made"}}}}).lacks("status"),
        post(kDeployments, deployment("d", {{"replicas", 0}, {"paused", true}})),
        merge(d, Object{{"status", Object{{"collisionCount", 7}}}}).lacks("status/collisionCount")}},
      {"AScaleOfTheRightUidAndVersionMovesTheGeneration",
       {post(kDeployments, deployment("d", {{"replicas", 0}, {"paused", true}})),
        merge(d, Object{{"metadata", Object{{"labels", Object{{"x", "y"}}}}}}).keeps("uid", "metadata/uid"),
        merge(d + "/scale", Object{{"metadata", Object{{"uid", "{uid}"}}}, {"spec", Object{{"replicas", 1}}}}).has("spec/replicas", 1),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 0}}}}), get(d).has("metadata/generation", 3)}},
      {"AScaleOfAnotherUidIsRefused",
       {post(kDeployments, deployment("d", {{"replicas", 0}, {"paused", true}})).keeps("rv", "metadata/resourceVersion"),
        merge(d + "/scale", scale_to(2, kOther, "{rv}")).gives(409).has("reason", "Conflict"), get(d).has("spec/replicas", 0)}},
      {"AScaleOfNothingIsNotFound", {merge(d + "/scale", Object{{"spec", Object{{"replicas", 2}}}}).gives(404).has("reason", "NotFound")}},
      {"AScaleToNothingNamesNoCountAndTheSameCountMovesNothing",
       {post(kDeployments, deployment("d", {{"replicas", 0}, {"paused", true}})),
        merge(d + "/scale", Object{{"spec", Object{{"replicas", 0}}}}).lacks("spec/replicas").has("status/replicas", 0),
        get(d).has("spec/replicas", 0).has("metadata/generation", 1)}},
      {"AnEventIsOfItsNamespaceAndItsSeriesIsPatched",
       {post("/apis/events.k8s.io/v1/namespaces/{ns}/events",
             Object{
                 {"apiVersion", "events.k8s.io/v1"},
                 {"kind", "Event"},
                 {"metadata", Object{{"name", "e"}}},
                 {"eventTime", "2026-01-01T00:00:00.000000Z"},
                 {"type", "Normal"},
                 {"reason", "Promoted"},
                 {"action", "Rollout"},
                 {"note", "it serves"},
                 {"reportingController", "millrace.dev/operator"},
                 {"reportingInstance", "millrace-0"},
                 {"regarding",
                  Object{{"apiVersion", "toy.millrace.dev/v1"}, {"kind", "Widget"}, {"name", "w"}, {"namespace", "{ns}"}, {"uid", "u"}}}}),
        merge("/apis/events.k8s.io/v1/namespaces/{ns}/events/e",
              Object{{"series", Object{{"count", 2}, {"lastObservedTime", "2026-01-01T00:01:00.000000Z"}}}})
            .has("series/count", 2)
            .has("note", "it serves")}},
  };
}

}  // namespace millrace::conformance
