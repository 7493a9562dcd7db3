// Plan: what a planner wants, as a value. Comparable, printable, fit for golden files.
// A planner is a pure function plan(Observed) -> Plan<Status>; `now` is a field of Observed. The engine turns a plan into the ordered
// calls that are not already so (writes.h) and performs them: finalizers added → status → traffic → children → deletes → finalizers removed
// (D4). Refusals come back as facts.
// Events are not planned: they are the difference between the observed and the planned status, sent after that status was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"
#include "json/value.h"
#include "kube/model/meta.h"

namespace millrace::plan {

// Three classes of child (D7). CreatedOnce: POST; spec and data never again, only our own annotations by merge patch.
// Frozen (a revision's Deployment): POST with its first count; then /scale, our annotations, and repair of drift by apply.
// Living (entry Service, PodDisruptionBudget): server-side apply; at first it only creates, later with force, uid, resourceVersion.
enum class Keep { CreatedOnce, Frozen, Living };

// A child that another one needs, by its kind and name.
struct Needed {
  const kube::Resource* kind = nullptr;  // nullptr: none
  std::string name{};
  bool operator==(const Needed&) const = default;
};

struct Child {
  const kube::Resource* kind = nullptr;
  std::string name{};
  Keep keep = Keep::CreatedOnce;
  json::Value desired{};                   // whole object (child_object(…) plus spec); a Frozen one carries no replicas
  std::optional<std::int64_t> replicas{};  // Frozen only: the count wanted now
  json::StringMap own_annotations{};       // CreatedOnce, Frozen: our annotations as wanted now ("" removes); merge patch
  Needed needs{};                          // planned before it: while a write of that fails, this one is not written either
  bool operator==(const Child&) const = default;
};

// The planner names what it saw: the delete carries uid and resourceVersion.
struct Deletion {
  const kube::Resource* kind = nullptr;
  std::string name{}, uid{}, resource_version{};
  bool operator==(const Deletion&) const = default;
};

// A finalizer of ours on the parent. Those that no plan names are other people's, and stay. On an object that is being deleted none is
// added: the API server takes no new ones there.
struct Finalizer {
  std::string name{};
  bool wanted = false;
  bool operator==(const Finalizer&) const = default;
};

// Facts from outside, as values (D18, D33). Answers come back in the next Observed; nothing waits.
struct ObjectByName {  // a kind that is not watched: claim, ConfigMap, Gateway; exists or not
  const kube::Resource* kind = nullptr;
  std::string name{};
  std::string ns{};  // "": the asker's own; says nothing of a kind without namespaces
  auto operator<=>(const ObjectByName&) const = default;
};
struct EventsOf {  // newest Warning event of one object
  const kube::Resource* kind = nullptr;
  std::string name{}, uid{};
  auto operator<=>(const EventsOf&) const = default;
};
struct MetricsQuery {            // an instant query to one of the administrator's metrics sources (D32)
  std::string source{}, text{};  // its name; PromQL
  auto operator<=>(const MetricsQuery&) const = default;
};
struct Question {
  std::variant<ObjectByName, EventsOf, MetricsQuery> what{};
  core::Instant at{};  // ask not before; a later `at` for the same thing asks again. A query is evaluated at this instant
  bool operator==(const Question&) const = default;
};

struct Found {
  bool exists = false;
  json::Text object{};  // compact JSON, without managedFields, at most 64 KiB
  bool operator==(const Found&) const = default;
};
struct Sentence {  // of the newest Warning event; text empty: there is none
  std::string reason{}, text{};
  bool operator==(const Sentence&) const = default;
};
struct Unreachable {
  std::string why{};
  bool operator==(const Unreachable&) const = default;
};
struct Number {  // of one sample; finite
  double value = 0;
  bool operator==(const Number&) const = default;
};
struct NoData {  // no sample matches
  bool operator==(const NoData&) const = default;
};
struct NotANumber {  // NaN or an infinity: 0/0 of a ratio without requests
  bool operator==(const NotANumber&) const = default;
};
using Answer = std::variant<Found, Sentence, Unreachable, Number, NoData, NotANumber>;
struct Fact {
  Question question{};  // `at`: the instant that the answer is about
  Answer answer{};
  core::Instant answered{};
  bool operator==(const Fact&) const = default;
};

// What an object's own pods told the operator of it, in words that only its controller reads. It lives in memory: a restart forgets it.
struct Heard {
  json::Value what{};  // null: nothing yet
  core::Instant at{};
  core::Instant since{};  // before then nobody listened
  bool operator==(const Heard&) const = default;
};

// A write of an earlier pass that the API server refused (403, 422, 409 of ownership, 413); network trouble is no refusal.
struct Refusal {
  enum class Verb { Create, Apply, Patch, Scale, Delete, Finalize };
  Verb verb = Verb::Create;
  const kube::Resource* kind = nullptr;
  std::string name{};
  int code = 0;
  std::string reason{}, message{};  // the Status object's reason and sentence
  core::Instant at{};               // first refusal of this desired object
  int times = 1;
  bool taken = false;  // NameTaken: somebody else's object has this name; message names its owner
  bool operator==(const Refusal&) const = default;
};

template <class Status>
struct Plan {
  std::optional<Status> status{};  // nullopt: leave it
  std::vector<Finalizer> finalizers{};
  std::vector<Child> traffic{}, children{};
  std::vector<Deletion> deletes{};
  std::vector<Question> questions{};
  std::optional<core::Instant> wake{};  // an instant, not a delay
  bool operator==(const Plan&) const = default;
};

// When a refused write is sent again: 1, 2, 4, 8, 15, 15 … minutes after `at` (D4). Sooner when spec, desired object or the live child
// changed.
core::Instant retry_at(const Refusal& refusal);

}  // namespace millrace::plan
