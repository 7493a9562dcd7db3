// InferenceService.spec: what is wanted. Fields stand here when code obeys them; docs/api says what they mean.
// Source: D3, D15–D18, D21, D29–D31 of docs/decisions.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inference_service/api/analysis.h"
#include "json/schema.h"
#include "shared/pods.h"

namespace millrace::inference_service {

enum class Policy { Latest, Pinned };
constexpr json::EnumName kPolicies[] = {{0, "Latest"}, {1, "Pinned"}};
constexpr std::span<const json::EnumName> enum_names(Policy) { return kPolicies; }

enum class RuntimeChoice { Auto, MLServer };
constexpr json::EnumName kRuntimes[] = {{0, "Auto"}, {1, "MLServer"}};
constexpr std::span<const json::EnumName> enum_names(RuntimeChoice) { return kRuntimes; }

enum class Provider { Service, GatewayAPI };
constexpr json::EnumName kProviders[] = {{0, "Service"}, {1, "GatewayAPI"}};
constexpr std::span<const json::EnumName> enum_names(Provider) { return kProviders; }

enum class Strategy { Canary, BlueGreen, Recreate };
constexpr json::EnumName kStrategies[] = {{0, "Canary"}, {1, "BlueGreen"}, {2, "Recreate"}};
constexpr std::span<const json::EnumName> enum_names(Strategy) { return kStrategies; }

enum class Capacity { Surge, Swap };
constexpr json::EnumName kCapacities[] = {{0, "Surge"}, {1, "Swap"}};
constexpr std::span<const json::EnumName> enum_names(Capacity) { return kCapacities; }

enum class OnFailure { Rollback, Pause };
constexpr json::EnumName kOnFailures[] = {{0, "Rollback"}, {1, "Pause"}};
constexpr std::span<const json::EnumName> enum_names(OnFailure) { return kOnFailures; }

enum class OnNewVersion { Auto, Finish, Supersede };
constexpr json::EnumName kOnNewVersions[] = {{0, "Auto"}, {1, "Finish"}, {2, "Supersede"}};
constexpr std::span<const json::EnumName> enum_names(OnNewVersion) { return kOnNewVersions; }

std::string to_text(Provider provider);

struct VersionChoice {
  Policy policy = Policy::Latest;
  std::string name{};  // Pinned: the ModelVersion
  static const json::Schema schema;
  bool operator==(const VersionChoice&) const = default;
};
struct Container {  // overrides of the serving container; an empty member keeps the runtime's own
  std::string image{};
  std::vector<std::string> args{};
  std::vector<shared::EnvVar> env{};
  shared::Resources resources{};
  std::string image_pull_policy{};  // Always, IfNotPresent, Never
  static const json::Schema schema;
  bool operator==(const Container&) const = default;
};
struct ParentRef {  // a Gateway, or one of its listeners; its allowedRoutes decides who may attach (D29)
  std::string name{};
  std::string ns{};  // "": the service's own
  std::string section_name{};
  std::int64_t port = 0;
  static const json::Schema schema;
  bool operator==(const ParentRef&) const = default;
};
struct Gateway {  // the HTTPRoute's rules are ours whole; these are passed through
  std::vector<ParentRef> parent_refs{};
  std::vector<std::string> hostnames{};
  std::vector<json::Text> matches{};
  std::vector<json::Text> filters{};
  json::Text timeouts{};
  static const json::Schema schema;
  bool operator==(const Gateway&) const = default;
};
struct Route {
  Provider provider = Provider::Service;
  std::int64_t tolerance = 15;  // points by which the real share may miss the weight
  std::string service_name{};   // "": <name>-predict
  std::optional<Gateway> gateway{};
  static const json::Schema schema;
  bool operator==(const Route&) const = default;
};
struct Step {
  std::int64_t weight = 100;  // percent of the requests that are the canary's
  std::string pause{};  // "": none; "Manual": until a person lets it go on; else a duration, counted from when its pods have the traffic
  std::int64_t shadow = 0;  // percent of the requests that are mirrored to the canary, whose answers nobody sees
  static const json::Schema schema;
  bool operator==(const Step&) const = default;
};
bool is_manual(const Step& step);
core::Duration pause_of(const Step& step);  // 0 where none or Manual

struct Approved {  // approval by commit: the steps up to this one, counted from 1 as `kubectl get` shows them
  std::string version{};
  std::int64_t step = 0;
  static const json::Schema schema;
  bool operator==(const Approved&) const = default;
};
struct Rollout {
  Strategy strategy = Strategy::Canary;
  std::vector<Step> steps{{50, "10m"}, {100}};
  Capacity capacity = Capacity::Surge;
  std::string max_surge = "100%";  // pods of the canary below weight 100, in percent of stable's; with Swap: pods above replicas
  std::optional<Analysis> analysis{};
  core::Duration progress_deadline = std::chrono::minutes(10);
  core::Duration place_timeout = std::chrono::hours(1);
  core::Duration bake = std::chrono::minutes(10);
  std::int64_t bake_replicas = 1;  // of the old revision, with Swap
  core::Duration drain = std::chrono::seconds(30);
  OnFailure on_failure = OnFailure::Rollback;
  OnNewVersion on_new_version = OnNewVersion::Auto;
  std::int64_t max_supersedes = 3;
  std::optional<Approved> approved{};
  std::string restart{};
  bool paused = false;
  static const json::Schema schema;
  bool operator==(const Rollout&) const = default;
};
struct Spec {
  std::string model{};
  VersionChoice version{};
  RuntimeChoice runtime = RuntimeChoice::Auto;
  std::optional<Container> container{};
  std::int64_t replicas = 1;
  Route route{};
  Rollout rollout{};
  static const json::Schema schema;
  bool operator==(const Spec&) const = default;
};

}  // namespace millrace::inference_service
