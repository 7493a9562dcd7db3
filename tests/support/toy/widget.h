// Widget: a small custom kind for tests of the engine, the simulator and the conformance table. It makes a Job, then a Deployment
// with a Service, and has one of everything that a schema can say: bound, default, list key, rule, immutable field, schemaless leaf.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "json/schema.h"
#include "kube/model/condition.h"
#include "kube/model/meta.h"

namespace millrace::toy {

struct Part {
  std::string name{}, size{};
  static const json::Schema schema;
  bool operator==(const Part&) const = default;
};
struct Spec {
  std::string colour = "red";
  std::int64_t replicas = 2;
  std::string serial{};  // immutable
  std::optional<json::Quantity> memory{};
  std::vector<Part> parts{};        // merged by name
  std::vector<std::string> args{};  // one piece
  json::StringMap options{};
  json::Text extra{};
  static const json::Schema schema;
  bool operator==(const Spec&) const = default;
};
struct Status {
  std::int64_t observed_generation = 0;
  std::string phase{}, message{};
  std::int64_t ready = 0;  // volatile
  kube::Conditions conditions{};
  static const json::Schema schema;
  bool operator==(const Status&) const = default;
};
struct Widget {
  kube::ObjectMeta meta{};
  Spec spec{};
  Status status{};
  static constexpr kube::Resource kResource{"toy.millrace.dev", "v1", "Widget", "widgets"};
  static const json::Schema schema;
  bool operator==(const Widget&) const = default;
};

}  // namespace millrace::toy
