// A plan becomes the ordered calls that are not already so. Pure: what the cache holds comes as an argument.
// Order of the lanes: hold → status → traffic → children → deletes → release (D4). The only place that knows the three classes of child
// (D7). A child gets at most one write per pass: each carries the observed resourceVersion, which the first one moves.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "kube/model/meta.h"
#include "plan/plan.h"

namespace millrace::plan {

enum class Lane { Hold, Status, Traffic, Children, Delete, Release };  // Hold, Release: finalizers of the parent come, go

// After a failure in one lane: does a write of another go on? A failed status ends the pass; deletes need traffic and children, the
// release of the parent needs all. Without its hold nothing is done but to say so.
bool goes_on(Lane failed, Lane next);

// What the cache holds of one child.
struct Live {
  const kube::ObjectMeta* meta = nullptr;  // nullptr: it is not there
  std::optional<std::int64_t> replicas{};  // spec.replicas of kinds that are judged
  bool covered = false;                    // kube::covers(live, desired)
};

struct Write {
  enum class How {
    Status,       // PUT of the status subresource
    MergeStatus,  // merge patch of it with uid and resourceVersion: members that it does not name live on
    Create,       // POST
    Apply,        // server-side apply that only creates: first contact of a living child
    Force,        // server-side apply with force, uid and resourceVersion
    Annotate,     // merge patch of our labels and annotations with uid and resourceVersion
    Scale,        // merge patch of the scale subresource with uid and resourceVersion
    Delete,       // DELETE with uid and resourceVersion
    Finalize,     // merge patch of the parent's list of finalizers with uid and resourceVersion
    Taken,        // nothing is sent: somebody else's object has the name; `why` names its owner
    Contested     // nothing is sent: three applies did not stick; `why` says where (set by the engine, which counts)
  };
  Lane lane = Lane::Children;
  How how = How::Create;
  const kube::Resource* kind = nullptr;
  std::string name{}, uid{}, resource_version{};  // of the live object; empty where nothing is known
  json::Value body{};  // Status, MergeStatus: the status; Scale: the count; uid and resourceVersion are added by who sends it
  std::string hash{};  // of what is desired: a refusal is about this
  std::string why{};
  Needed needs{};  // as the child says
  bool operator==(const Write&) const = default;
};
Refusal::Verb verb_of(Write::How how);

struct Wanted {
  const kube::Resource* kind = nullptr;  // the parent
  const kube::ObjectMeta* parent = nullptr;
  const json::Value* status = nullptr;  // the status to write; nullptr: it is so already
  const std::vector<Finalizer>* finalizers = nullptr;
  const std::vector<Child>* traffic = nullptr;
  const std::vector<Child>* children = nullptr;
  const std::vector<Deletion>* deletes = nullptr;
};

// `desired`: is this covered? nullptr where nobody asks, as for a deletion.
using LookUp = std::function<Live(const kube::Resource& kind, std::string_view name, const json::Value* desired)>;

std::vector<Write> writes(const Wanted& wanted, const LookUp& look);

// The word of whoever owns an object that no controller owns: the parent of this name may have it (D7).
inline constexpr std::string_view kAdoptAnnotation = "millrace.dev/adopt-by";

// Who owns `live`, for the sentence of NameTaken; empty when it is ours: the parent itself, controlled by the parent or, where
// `desired` names no controller (a ModelVersion outlives its TrainingJob), a bearer of all labels of `desired`; or it may be adopted.
std::string taken_by(const kube::Resource& kind, const kube::ObjectMeta& live, const kube::ObjectMeta& parent, const json::Value& desired);

}  // namespace millrace::plan
