// Complaint: what a status is told when there is no plan for its object: the object cannot be read, or its pass ran into a bug of ours.
// A merge patch of the status, so that the decisions that stand there live on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time.h"
#include "json/value.h"
#include "kube/model/meta.h"
#include "plan/writes.h"

namespace millrace::engine {

// The write that gives the status these members; nullopt: it has them already, or the object is on its way out.
std::optional<plan::Write> complaint(const kube::Resource& kind, const kube::ObjectMeta& meta, const json::Value& status,
                                     const json::Object& wanted);

// Condition InternalError and the message. The planner's next status does without the condition.
json::Object internal_error(const json::Value& status, std::int64_t generation, std::string_view what, core::Instant now);

}  // namespace millrace::engine
