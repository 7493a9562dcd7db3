// What is around the cluster: metrics sources, and APIs that come and go.
#include <algorithm>

#include "support/sim/sim.h"

namespace millrace::sim {

// A source that takes longer than the query's deadline has not answered.
void Sim::put_query(const engine::Call& call) {
  const MetricsOutcome outcome = prometheus ? prometheus(ask_of(call.source, call.ns, call.request.path)) : down();
  const bool in_time = outcome.after < call.request.deadline;
  me_.late.emplace(
      mono_ + std::min(outcome.after, call.request.deadline),
      engine::CallFinished{call.id, in_time ? answer_of(outcome, now()) : core::Error{core::ErrorCode::Unavailable, "no answer"}});
}

bool Sim::answer_query() {
  if (me_.late.empty() || me_.late.begin()->first > mono_) return false;
  const engine::CallFinished answer = std::move(me_.late.begin()->second);
  me_.late.erase(me_.late.begin());
  idle_ticks_ = 0;
  step(answer);
  return true;
}

std::size_t Sim::absent() const {
  std::size_t out = 0;
  for (std::size_t i = 0; i < me_.engine.kinds().size(); ++i) out += me_.engine.store().installed(i) ? 0 : 1;
  return out;
}

bool Sim::close_ended() {
  for (const auto& [kind, id] : me_.watches) {
    if (server.is_open(id)) continue;
    me_.ended.push_back(kind);
    me_.watches.erase(kind);
    return true;
  }
  return false;
}

}  // namespace millrace::sim
