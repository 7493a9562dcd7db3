// Names of labels and annotations that the operator puts on its own objects. Parents' labels are never copied.
// Values of labels go through kube::label_value (63 characters, D19); annotations hold the full text.
#pragma once

#include <string>
#include <string_view>

#include "json/schema.h"

namespace millrace::shared {

// Labels.
inline constexpr std::string_view kNameLabel = "app.kubernetes.io/name";            // the parent's name
inline constexpr std::string_view kComponentLabel = "app.kubernetes.io/component";  // resolver, run, verifier, model-version, server, entry
inline constexpr std::string_view kTrainingJobLabel = "millrace.dev/training-job";
inline constexpr std::string_view kRunLabel = "millrace.dev/run";            // the run's number
inline constexpr std::string_view kRunIdLabel = "millrace.dev/run-id";       // <uid of the TrainingJob>-<run>: who reserved a version (D1)
inline constexpr std::string_view kAttemptLabel = "millrace.dev/attempt";    // the attempt's number
inline constexpr std::string_view kResolveLabel = "millrace.dev/resolve";    // number of a resolver Job
inline constexpr std::string_view kResolverLabel = "millrace.dev/resolver";  // service account of a resolver Job that TrainingJobs share
inline constexpr std::string_view kVerifyLabel = "millrace.dev/verify";      // number of a verify Job
inline constexpr std::string_view kRecoverLabel = "millrace.dev/recover";    // number of a Job that reads an attempt's result again
inline constexpr std::string_view kEvaluateLabel = "millrace.dev/evaluate";  // number of an evaluation Job
inline constexpr std::string_view kRegisterLabel = "millrace.dev/register";  // number of a register Job
inline constexpr std::string_view kDeleteLabel = "millrace.dev/delete";      // number of a Job that deletes an artifact
inline constexpr std::string_view kDeletesLabel = "millrace.dev/deletes";    // its ModelVersion's uid: such a Job has no owner
inline constexpr std::string_view kModelLabel = "millrace.dev/model";
inline constexpr std::string_view kModelVersionLabel = "millrace.dev/model-version";
inline constexpr std::string_view kInferenceServiceLabel = "millrace.dev/inference-service";
inline constexpr std::string_view kRevisionLabel = "millrace.dev/revision";

// Annotations.
inline constexpr std::string_view kRoleAnnotation = "millrace.dev/role";             // stable, canary, retired (D21)
inline constexpr std::string_view kInputHashAnnotation = "millrace.dev/input-hash";  // of a run's inputs, "h1:…" (D11)
inline constexpr std::string_view kRequestedAnnotation = "millrace.dev/requested";   // the value of spec.run that a run answered (D21)
inline constexpr std::string_view kDefaultContainer = "kubectl.kubernetes.io/default-container";
inline constexpr std::string_view kIstioInject = "sidecar.istio.io/inject";
inline constexpr std::string_view kSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";

// {name, component} and managed-by (which kube::child_object adds for objects, but pod templates need it too).
json::StringMap common_labels(std::string_view parent_name, std::string_view component);

}  // namespace millrace::shared
