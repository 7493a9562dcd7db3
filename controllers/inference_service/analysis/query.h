// Queries: PromQL of a look. Pods are told apart by their names, which begin with that of their revision's Deployment: no relabelling is
// needed but the usual labels `namespace` and `pod`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace millrace::inference_service {

// namespace="team",pod=~"churn-abc12345-[a-z0-9]+(-[a-z0-9]+)?": the last hyphen is cut off pods of long names.
std::string pods_of(std::string_view ns, std::string_view service, std::string_view revision);

std::string range_of(core::Duration window);  // "90s"

struct Variables {  // of a template
  std::string canary{}, stable{}, ns{}, name{}, window{};
};

std::string expanded(std::string_view text, const Variables& variables);  // variables that are unknown stay as they are

// The first variable of `text` that is none ("canry"), or one that is not closed; nullopt: all are known.
std::optional<std::string> unknown_variable(std::string_view text);

}  // namespace millrace::inference_service
