#include "engine/engine.h"

#include <algorithm>

#include "core/check.h"
#include "core/hash.h"
#include "core/text.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

// One watch per kind, whoever asks: wide enough for all.
void merge(std::vector<Kind>& kinds, const Kind& kind) {
  const auto it = std::find(kinds.begin(), kinds.end(), kind);
  if (it == kinds.end()) {
    kinds.push_back(kind);
    return;
  }
  if (it->selector != kind.selector) it->selector.clear();
  it->judged = it->judged || kind.judged;
  it->optional = it->optional && kind.optional;
  for (const std::string& label : kind.indexed_labels) {
    if (std::find(it->indexed_labels.begin(), it->indexed_labels.end(), label) == it->indexed_labels.end())
      it->indexed_labels.push_back(label);
  }
}

}  // namespace

Engine::Engine(const Controllers& controllers, Options options) : options_(std::move(options)), events_(options_.instance) {
  std::vector<Kind> kinds;
  for (const Controller* controller : controllers) {
    for (const Kind& kind : controller->watches()) merge(kinds, kind);
  }
  store_ = Store(kinds);
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) reflectors_.push_back(reflector_of(kind));
  for (const Controller* controller : controllers) {
    names_.push_back(core::lower(controller->resource().kind));
    own_.push_back(store_.index_of(controller->resource()));
    watches_.emplace_back();
    for (const Kind& kind : controller->watches()) watches_.back().insert(store_.index_of(*kind.resource));
  }
  std::vector<const kube::Resource*> ours;
  for (const std::size_t kind : own_) ours.push_back(kinds[kind].resource);
  schemas_ = Schemas(std::move(ours), options_.schema);
  queues_.resize(controllers.size());
  told_.resize(controllers.size());
  if (options_.lease) lease_ = LeaseElector(*options_.lease);
}

// Each process scatters its delays in its own way.
Reflector Engine::reflector_of(std::size_t kind) const {
  const Kind& k = store_.kinds()[kind];
  return {k.resource, options_.ns, k.selector, k.optional, core::fingerprint(options_.instance + std::string(k.resource->plural))};
}

bool Engine::synced() const {
  return std::all_of(started_.begin(), started_.end(), [&](std::size_t kind) { return reflectors_[kind].synced(); });
}

bool Engine::leader() const { return !lost_ && (!options_.lease || lease_.leader()); }

bool Engine::may_write(core::Ticks now) const {
  if (stopping_ || lost_) return false;
  return !options_.lease || lease_.may_write(now);
}

bool Engine::may_pass(core::Ticks now) const { return synced() && may_write(now); }

bool Engine::idle(core::Now now) const {
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    if (queues_[i].working() > 0 || (runs(i) && queues_[i].ready(now.mono))) return false;
  }
  return flights_.empty();
}

Engine::Held Engine::held() const {
  Held out{.keys = memory_.size(), .readers = readers_.count(), .dead = store_.tombstones(), .calls = flights_.size()};
  for (const WorkQueue& queue : queues_) {
    out.queued += queue.depth();
    out.working += queue.working();
  }
  return out;
}

std::vector<plan::Refusal> Engine::refusals(std::string_view parent_uid) const {
  for (const auto& [who, memory] : memory_) {
    if (memory.uid == parent_uid) return memory.refusals.all();
  }
  return {};
}

Wants Engine::start(core::Now now) {
  Wants out;
  for (std::size_t kind = 0; kind < reflectors_.size(); ++kind) {
    if (options_.schema > 0 && std::find(own_.begin(), own_.end(), kind) != own_.end()) continue;  // its CRD is read first
    started_.insert(kind);
    reflect(kind, reflectors_[kind].start(now.mono), now, out);
  }
  look_at_schemas(now, out);
  listens_since_ = now.wall;
  if (!options_.lease) out.reports.push_back(LeaderChanged{true});
  finish(now, out);
  return out;
}

Wants Engine::step(const Input& input, core::Now now, const Controllers& controllers) {
  MILLRACE_CHECK(controllers.size() == queues_.size());
  Wants out;
  std::visit([&](const auto& x) { on(x, now, out); }, input);
  stand(now, out);
  look_at_schemas(now, out);
  run_passes(now, controllers, out);
  ask(now, out);
  wind_down(now, out);
  finish(now, out);
  return out;
}

void Engine::on(const Tick&, core::Now now, Wants& out) {
  for (std::size_t kind = 0; kind < reflectors_.size(); ++kind) reflect(kind, reflectors_[kind].tick(now.mono), now, out);
}

void Engine::on(const ListAnswered& input, core::Now now, Wants& out) {
  note_warnings(input.response, out);
  core::Result<void> how{};
  if (!input.response) how = input.response.error();
  if (input.response && !kube::verbs::succeeded(*input.response)) how = kube::verbs::error_of(*input.response);
  if (found_missing(input.kind, how, now)) return;
  reflect(input.kind, reflectors_[input.kind].page(input.response, now.mono), now, out);
}

void Engine::on(const WatchLine& input, core::Now now, Wants& out) {
  reflect(input.kind, reflectors_[input.kind].line(input.line, now.mono), now, out);
}

void Engine::on(const StreamEnded& input, core::Now now, Wants& out) {
  if (found_missing(input.kind, input.how, now)) return;
  reflect(input.kind, reflectors_[input.kind].ended(input.how, now.mono), now, out);
}

void Engine::on(const CallFinished& input, core::Now now, Wants& out) {
  const auto it = flights_.find(input.id);
  if (it == flights_.end()) return;  // given up when the fence closed
  const Flight flight = it->second;
  flights_.erase(it);
  note_warnings(input.response, out);
  note_call(flight, input.response, now, out);
  switch (flight.on) {
    case Connection::Lease:
      elect(lease_.answered(input.response, now), now, out);
      return;
    case Connection::Event:
      events_.answered(flight.what, input.response, now);
      return;
    case Connection::Schema:
      return answer_schema(flight.who.controller, input.response, now, out);
    case Connection::Metrics:
      note_query(*flight.fact, input.response, now.mono - flight.since, out);
      [[fallthrough]];
    case Connection::Fact:
      for (const Who& who : facts_.answered(*flight.fact, input.response, now)) queues_[who.controller].add(who.key, now.mono);
      return;
    case Connection::Read:
    case Connection::Write:
      break;
  }
  if (flight.live) return answer_live(*flight.live, flight.who, input.response, now, out);
  const auto running = running_.find(flight.who);
  MILLRACE_CHECK(running != running_.end());
  Pass::Wants next;
  try {
    next = running->second.pass.answered(input.response, now);
  } catch (const std::exception& e) {
    return failed_pass(flight.who, e.what(), now, out);
  }
  go_on(flight.who, std::move(next), now, out);
}

void Engine::on(const Told& input, core::Now now, Wants&) {
  const std::size_t kind = store_.index_of(*input.kind);
  const Entry* own = store_.find(kind, input.key);
  if (own == nullptr || own->meta->uid != input.uid) return;
  for (std::size_t controller = 0; controller < own_.size(); ++controller) {
    if (own_[controller] != kind) continue;
    plan::Heard& heard = memory_of({controller, input.key}, input.uid).heard;
    heard.what = input.what;
    heard.at = now.wall;
    queues_[controller].add(input.key, now.mono);
  }
}

void Engine::on(const Stop&, core::Now, Wants&) { stopping_ = true; }

}  // namespace millrace::engine
