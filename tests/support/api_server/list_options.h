// What a list or a watch may ask about versions. Source: apimachinery pkg/apis/meta/internalversion/validation, apiserver pkg/storage.
#pragma once

#include <optional>

#include "support/api_server/call.h"

namespace millrace::sim {

// `newest`: the newest version that there is.
std::optional<kube::Response> broken_list_options(const Call& call, std::uint64_t newest);

}  // namespace millrace::sim
