// What is around the cluster: metrics sources, and APIs that come and go.
#include <algorithm>

#include "support/sim/sim.h"

namespace millrace::sim {

// A source that takes longer than the query's deadline has not answered.
void Sim::put_query(const engine::Call& call) {
  const MetricsOutcome outcome = prometheus ? prometheus(ask_of(call.source, call.ns, call.request.path)) : down();
  const bool in_time = outcome.after < call.request.deadline;
  late_.emplace(
      mono_ + std::min(outcome.after, call.request.deadline),
      engine::CallFinished{call.id, in_time ? answer_of(outcome, now()) : core::Error{core::ErrorCode::Unavailable, "no answer"}});
}

bool Sim::answer_query() {
  if (late_.empty() || late_.begin()->first > mono_) return false;
  const engine::CallFinished answer = std::move(late_.begin()->second);
  late_.erase(late_.begin());
  idle_ticks_ = 0;
  step(answer);
  return true;
}

std::size_t Sim::absent() const {
  std::size_t out = 0;
  for (std::size_t i = 0; i < engine_.kinds().size(); ++i) out += engine_.store().installed(i) ? 0 : 1;
  return out;
}

bool Sim::close_ended() {
  for (const auto& [kind, id] : watches_) {
    if (server.is_open(id)) continue;
    ended_.push_back(kind);
    watches_.erase(kind);
    return true;
  }
  return false;
}

}  // namespace millrace::sim
