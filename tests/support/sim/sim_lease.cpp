// Who leads: processes that stop and go on, and the fence.
#include "support/sim/sim.h"

namespace millrace::sim {
namespace {

constexpr std::chrono::seconds kFrozen{40};

}  // namespace

// As a SIGSTOP, or a node that hangs: nothing of it moves, what it has decided it does when it goes on.
void Sim::freeze() {
  frozen_ = std::exchange(me_, born());
  thaws_at_ = mono_ + kFrozen;
  absorb(me_.engine.start(clock()));
}

// Its connections are dead; its calls are still to be sent.
void Sim::thaw() {
  rival_ = std::exchange(me_, std::move(*frozen_));
  frozen_.reset();
  for (const auto& [kind, id] : me_.watches) server.close_watch(id);
  me_.watches.clear();
  if (me_.calls.empty()) step(engine::Tick{});
}

// Who lost the lease ends. In its place goes on who ran beside it, or a new process.
void Sim::leave() {
  if (!rival_) return restart();
  for (const auto& [kind, id] : me_.watches) server.close_watch(id);
  me_ = std::move(*rival_);
  rival_.reset();
}

void Sim::note_lease(const engine::Call& call, int status) {
  if (call.request.method == "GET" || status >= 300) return;
  ++lease_writes_;
  holder_ = json::parse(call.request.body)->text_at({"spec", "holderIdentity"});
  held_since_ = mono_;
}

// No write but of who holds the lease: as the server has it, and for as long as nobody else may take it.
void Sim::hold_fence(const engine::Call& call) {
  const bool free = call.on == engine::Connection::Lease || call.on == engine::Connection::Schema || call.request.method == "GET";
  if (!options_.lease || free) return;
  if (holder_ == me_.identity && mono_ < held_since_ + options_.lease->duration) return;
  trouble.push_back("fence: " + call.request.method + " " + call.request.path + " of " + me_.identity + ", while " + holder_ + " leads");
}

}  // namespace millrace::sim
