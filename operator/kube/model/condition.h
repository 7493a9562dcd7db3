// Condition (metav1.Condition) and the one setter: lastTransitionTime moves only when the status value flips.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "json/schema.h"

namespace millrace::kube {

struct Condition {
  std::string type{};
  std::string status = "Unknown";  // True, False, Unknown
  std::int64_t observed_generation = 0;
  core::Instant last_transition{};
  std::string reason{}, message{};
  bool operator==(const Condition&) const = default;
  static const json::Schema schema;
};

using Conditions = std::vector<Condition>;  // in the order of the kind's page

const Condition* find(const Conditions& all, std::string_view type);
bool is_true(const Conditions& all, std::string_view type);

// Sets one condition of `next`; the transition time comes from `before` when the status value is the same, else it is `now`.
void set(Conditions& next, const Conditions& before, Condition c, core::Instant now);

}  // namespace millrace::kube
