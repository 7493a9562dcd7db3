// Observed: all that a plan of one ModelVersion may know. A value, made by observe(), written by hand in tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "kube/model/workloads.h"
#include "model_version/api/model_version.h"
#include "plan/plan.h"
#include "shared/progress.h"

namespace millrace::model_version {

// Whom a service has in place, with its numbers.
struct Rival {
  Champion who{};
  Artifact artifact{};  // empty: the version is not there
  json::StringMap metrics{};
  bool measured = false;  // typed-in metrics are nobody's measure (D9)
  bool operator==(const Rival&) const = default;
};

// What one InferenceService of the namespace says of this version.
struct ServiceFact {
  std::string name{};
  bool follows = false;       // it would serve this version, or has tried it
  std::string role = "None";  // Stable, Canary, None
  std::string verdict = "Untried";
  std::string revision{}, evidence{};
  std::string holds{};     // "Stable", "Canary", "LastGood", "Unknown" (its status is empty): the version may not go; empty: it may
  core::Instant since{};   // of the verdict
  bool passed_by = false;  // it serves a later version of the model, or a person's word names another
  bool pinned = false;
  std::optional<Rival> rival{};  // its stable version, or its last good; read only for champion gates
  bool operator==(const ServiceFact&) const = default;
};

struct Observed {
  ModelVersion version{};
  std::vector<kube::Job> jobs{};  // verify and evaluation Jobs, by name
  shared::Pods pods{};            // of these Jobs
  std::vector<ServiceFact> services{};
  std::vector<kube::Job> deletes{};  // of its artifact, by name
  std::string sharing{};      // another version whose bytes these are, or whose bytes are within these; read only while it is deleted
  std::string registering{};  // register Job of another version of the namespace that works now; read only by who waits for its turn
  std::vector<plan::Refusal> refusals{};
  std::vector<plan::Fact> facts{};
  core::Instant now{};
};

}  // namespace millrace::model_version
