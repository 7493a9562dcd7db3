#include "training_job/resolved.h"

#include <algorithm>

#include "json/value.h"
#include "shared/reasons.h"
#include "training_job/attempts.h"

namespace millrace::training_job {
namespace {

constexpr auto kLag = std::chrono::seconds(30);
constexpr std::int64_t kInputExit = 10;

const kube::ContainerTerminated* end_of(const shared::Pods& pods) {
  for (const auto& pod : pods) {
    for (const kube::ContainerStatus& c : pod->status.containers) {
      if (c.name == "resolve" && c.state.terminated) return &*c.state.terminated;
    }
  }
  return nullptr;
}

std::optional<std::vector<DataStatus>> read_sources(const std::string& message, const Spec& spec, core::Instant at) {
  const auto parsed = json::parse(message);
  const json::Value* sources = parsed ? parsed->at({"sources"}) : nullptr;
  if (sources == nullptr || sources->array() == nullptr) return std::nullopt;
  std::vector<DataStatus> out;
  for (const DataSource& d : spec.data) {
    const auto& all = *sources->array();
    const auto it = std::find_if(all.begin(), all.end(), [&](const json::Value& v) { return v.text_at({"name"}) == d.name; });
    if (it == all.end() || it->text_at({"identity"}).empty()) return std::nullopt;
    const json::Value* size = it->at({"size"});
    out.push_back({.name = d.name,
                   .uri = d.uri,
                   .identity = it->text_at({"identity"}),
                   .strength = it->text_at({"strength"}),
                   .size = size ? size->integer().value_or(0) : 0,
                   .resolved_at = at});
  }
  return out;
}

Resolution wrong(Resolution::State state, std::string_view reason, std::string message) {
  return {.state = state, .reason = std::string(reason), .message = std::move(message)};
}

Resolution ended(const shared::Pods& pods, const Spec& spec, core::Instant at, core::Instant now) {
  const kube::ContainerTerminated* end = end_of(pods);
  if (end && end->exit_code == 0) {
    if (auto data = read_sources(end->message, spec, at)) return {.state = Resolution::State::Resolved, .data = std::move(*data)};
  }
  std::optional<shared::Cause> cause;
  for (const auto& pod : pods) {
    if (!cause) cause = shared::blame(*pod, now);
  }
  if (!cause && now < at + kLag) return {.wake = at + kLag};
  if (!cause)
    return wrong(Resolution::State::PlaceWrong, shared::reason::kResultLost,
                 "the resolver has ended, but no pod is left that tells what it found");
  const bool input = cause->exit_code == kInputExit && cause->container == "resolve";
  return wrong(input ? Resolution::State::InputWrong : Resolution::State::PlaceWrong, cause->reason, cause->message);
}

}  // namespace

Resolution judge_resolver(const kube::Job& job, const shared::Pods& pods, const Spec& spec, const std::vector<plan::Fact>& facts,
                          core::Instant now) {
  if (const auto at = ended_at(job)) return ended(pods, spec, *at, now);
  const shared::Progress going = shared::progress(job, pods, facts, now);
  Resolution out{.unknown = going.unknown, .wake = going.wake, .question = going.question};
  if (going.hindrance && going.hindrance->reason == shared::reason::kNodeLost)
    return wrong(Resolution::State::PlaceWrong, going.hindrance->reason, going.hindrance->message);
  if (going.hindrance && !going.hindrance->over) {
    out.reason = going.hindrance->reason;
    out.message = going.hindrance->message;
  }
  return out;
}

}  // namespace millrace::training_job
