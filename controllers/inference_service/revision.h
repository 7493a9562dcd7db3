// Revision: what one pod template is made of, frozen in a ControllerRevision <name>-<revision> (D3). An upgrade of the operator renders
// nothing anew: a revision whose causes are known is taken as it is; new defaults enter with the next revision that something else causes.
#pragma once

#include <optional>
#include <string>

#include "inference_service/facts.h"
#include "inference_service/runtimes/runtime.h"
#include "shared/settings.h"

namespace millrace::inference_service {

struct Target {            // what should serve
  std::string version{};   // ModelVersion
  std::string revision{};  // eight hex digits
  std::string causes{};    // h1 hash of what the user can change: digest, runtime, container, restart
  json::Value data{};      // of the ControllerRevision, when it has to be made
  std::string runtime{};
  bool operator==(const Target&) const = default;
};

inline constexpr std::string_view kCausesAnnotation = "millrace.dev/causes";
inline constexpr std::string_view kVersionAnnotation = "millrace.dev/model-version";  // the full name
inline constexpr std::string_view kNumberAnnotation = "millrace.dev/number";          // of the version
inline constexpr std::string_view kVerdictAnnotation = "millrace.dev/verdict";  // "Good@<RFC 3339>", "Bad@<RFC 3339> <reason>: <message>"

// nullopt: no runtime loads the format, or nobody can fetch it: choose says so.
std::optional<Target> target_for(const Observed& seen, const model_version::ModelVersion& version, const shared::Settings& settings);

// The frozen pod template of a revision, bytes that no pass takes apart; nullopt when the data is not ours to read.
std::optional<json::Value> template_of(const kube::ControllerRevision& frozen);
std::optional<json::Value> template_in(const json::Value& data);

std::string version_of(const kube::ControllerRevision& frozen);

}  // namespace millrace::inference_service
