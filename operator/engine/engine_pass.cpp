// Passes from begin to end, and what they teach the engine.
#include <algorithm>
#include <chrono>

#include "core/check.h"
#include "engine/complaint.h"
#include "engine/engine.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kCatchUp{30'000};  // the cache follows our own write within so long, or one live GET decides
constexpr int kLookAgains = 5;

}  // namespace

void Engine::run_passes(core::Now now, const Controllers& controllers, Wants& out) {
  more_ = false;
  if (queues_.empty()) return;
  std::size_t begun = 0, without = 0;
  while (without < queues_.size()) {
    if (!may_pass(now.mono) || running_.size() >= options_.passes) return;
    if (begun >= options_.passes_per_step) {
      more_ = true;
      return;
    }
    const std::size_t controller = turn_++ % queues_.size();
    const auto key = runs(controller) ? queues_[controller].take(now.mono) : std::nullopt;
    if (!key) {
      ++without;
      continue;
    }
    without = 0;
    ++begun;
    run_pass({controller, *key}, now, *controllers[controller], out);
  }
}

void Engine::run_pass(const Who& who, core::Now now, const Controller& controller, Wants& out) {
  WorkQueue& queue = queues_[who.controller];
  if (behind(who, now, out)) return queue.done(who.key, now.mono);
  const std::size_t own = own_[who.controller];
  if (const Unreadable* seen = store_.find_unreadable(own, who.key)) return reject(who, *seen, now, controller, out);
  std::set<Topic> read;
  std::string bug;
  std::vector<Step> wanted;
  std::optional<Outcome> outcome = reconcile(who, now, controller, read, bug);
  if (bug.empty() && outcome) {
    try {
      wanted = steps(who, *outcome, now, read);
    } catch (const std::exception& e) {
      bug = e.what();
    }
  }
  readers_.note(who, read);
  if (!bug.empty()) return failed_pass(who, bug, now, out);
  if (!outcome) return give_up(who, now);
  facts_.ask(who, outcome->questions);
  Running running{.same_statuses = outcome->same_status || (outcome->status && *outcome->status == outcome->status_seen),
                  .same_children = outcome->traffic.size() + outcome->children.size()};
  for (const Step& step : wanted)
    running.same_children -= step.write.lane == plan::Lane::Traffic || step.write.lane == plan::Lane::Children;
  running.outcome = std::move(*outcome);
  begin(who, std::move(running), std::move(wanted), now, out);
}

void Engine::begin(const Who& who, Running running, std::vector<Step> steps, core::Now now, Wants& out) {
  running.pass = Pass(store_.kinds()[own_[who.controller]].resource, running.outcome.parent, std::move(steps));
  running.began = now.mono;
  auto& placed = running_.insert_or_assign(who, std::move(running)).first->second;
  go_on(who, placed.pass.begin(now), now, out);
}

// The object is gone: so is what we knew of it.
void Engine::give_up(const Who& who, core::Now now) {
  facts_.ask(who, {});
  memory_.erase(who);
  readers_.note(who, {});  // its own kind's changes wake it all the same
  queues_[who.controller].forget(who.key);
  queues_[who.controller].done(who.key, now.mono);
}

// What did not stick when it was said last is not said again before somebody changes the object.
Engine::Running Engine::complain(const Who& who, const kube::ObjectMeta& meta, const json::Value& status, const json::Object& wanted,
                                 Event event, std::vector<Step>& steps) {
  Running out{.outcome = {.parent = meta, .reason = event.reason}, .complaint = event.note};
  auto write = complaint(*store_.kinds()[own_[who.controller]].resource, meta, status, wanted);
  if (!write || memory_[who].complained == std::pair(event.note, meta.resource_version)) return out;
  steps.push_back({.write = std::move(*write)});
  out.outcome.events.push_back(std::move(event));
  return out;
}

// An object that cannot be read: people are told, its children stay as they are.
void Engine::reject(const Who& who, const Unreadable& seen, core::Now now, const Controller& controller, Wants& out) {
  const std::set<Topic> read{key_topic(own_[who.controller], who.key)};
  readers_.note(who, read);
  memory_of(who, seen.meta.uid).news = false;
  json::Object wanted;
  try {
    wanted = controller.rejected(seen, now.wall);
  } catch (const std::exception& e) {
    return failed_pass(who, e.what(), now, out);
  }
  std::vector<Step> steps;
  const Event event{.type = Event::Type::Warning, .reason = "Invalid", .action = "Accepted", .note = seen.why};
  Running running = complain(who, seen.meta, seen.status, wanted, event, steps);
  running.terminal = true;
  begin(who, std::move(running), std::move(steps), now, out);
}

// A bug of ours: people are told, and the key is tried again by its failures.
void Engine::failed_pass(const Who& who, std::string error, core::Now now, Wants& out) {
  const Kind& kind = store_.kinds()[own_[who.controller]];
  std::vector<Step> steps;
  Running running{};
  if (const Entry* own = store_.find(own_[who.controller], who.key)) {
    const Event event{.type = Event::Type::Warning, .reason = "InternalError", .action = "Reconcile", .note = error};
    try {
      const json::Value status = kind.status(own->object.get());
      running = complain(who, *own->meta, status, internal_error(status, own->meta->generation, error, now.wall), event, steps);
    } catch (const std::exception& e) {  // its status is what cannot be written
      error += "; " + std::string(e.what());
    }
  }
  running.bug = std::move(error);
  begin(who, std::move(running), std::move(steps), now, out);
}

bool Engine::behind(const Who& who, core::Now now, Wants& out) {
  const auto memory = memory_.find(who);
  if (memory == memory_.end()) return false;
  std::erase_if(memory->second.floors, [&](const auto& floor) {
    const Entry* entry = store_.find(floor.first.first, floor.first.second);
    return entry != nullptr && kube::compare_versions(entry->meta->resource_version, floor.second.version) >= 0;
  });
  for (auto& [child, floor] : memory->second.floors) {
    if (floor.asked) continue;
    if (now.mono < floor.since + kCatchUp) {
      queues_[who.controller].add_at(who.key, floor.since + kCatchUp);
      continue;
    }
    floor.asked = true;
    const kube::Resource& kind = *store_.kinds()[child.first].resource;
    call(kube::verbs::get(kind, child.second), {.on = Connection::Read, .who = who, .what = "stale", .live = child}, now, out);
  }
  return !memory->second.floors.empty();
}

void Engine::answer_live(const ChildKey& child, const Who& who, const core::Result<kube::Response>& response, core::Now now, Wants& out) {
  Memory& memory = memory_[who];
  const bool ok = response && kube::verbs::succeeded(*response);
  if (ok) moved(child.first, store_.put(child.first, response->body), now, out);
  if (response && response->status == 404) {
    if (const Entry* entry = store_.find(child.first, child.second)) {
      moved(child.first, store_.gone(child.first, child.second, std::string(entry->meta->uid)), now, out);
    }
  }
  if (ok || (response && response->status == 404)) {
    memory.floors.erase(child);
    queues_[who.controller].add(who.key, now.mono);
  } else if (const auto floor = memory.floors.find(child); floor != memory.floors.end()) {
    floor->second.asked = false;
    queues_[who.controller].retry(who.key, now.mono);
  }
}

void Engine::go_on(const Who& who, Pass::Wants in, core::Now now, Wants& out) {
  for (const Effect& effect : in.effects) perform(who, effect, now, out);
  if (in.call && may_write(now.mono)) {
    const Connection on = in.call->method == "GET" ? Connection::Read : Connection::Write;
    call(std::move(*in.call), {.on = on, .who = who, .what = running_.at(who).pass.asking()}, now, out);
    return;
  }
  if (in.call && !stopping_) out.reports.push_back(WriteHeldBack{});
  if (in.call) {  // stopping, or the fence is closed: the next leader's pass does the rest
    in.end = Pass::End::Retry;
    in.error = "stopped before its next write";
  }
  MILLRACE_CHECK(in.end.has_value());
  end_pass(who, in, now, out);
}

void Engine::perform(const Who& who, const Effect& effect, core::Now now, Wants& out) {
  Memory& memory = memory_[who];
  const std::string& ns = who.key.ns;
  if (const auto* stored = std::get_if<Stored>(&effect)) {
    const std::size_t kind = store_.index_of(*stored->kind);
    moved(kind, store_.put(kind, stored->object), now, out);
  } else if (const auto* removed = std::get_if<Removed>(&effect)) {
    const std::size_t kind = store_.index_of(*removed->kind);
    moved(kind, store_.gone(kind, removed->key, removed->uid), now, out);
  } else if (const auto* late = std::get_if<Behind>(&effect)) {
    memory.floors[{store_.index_of(*late->kind), late->key}] = {.version = late->resource_version, .since = now.mono};
  } else if (std::holds_alternative<StatusWritten>(effect)) {
    memory.status_written = now.mono;
    const Running& running = running_.at(who);
    const std::size_t kind = own_[who.controller];
    const kube::Resource* own = store_.kinds()[kind].resource;
    if (const auto* meta = store_.find_meta(kind, who.key)) memory.complained = {running.complaint, meta->resource_version};
    for (const Event& event : running.outcome.events) events_.add(*own, running.outcome.parent, event, now);
  } else if (const auto* refused = std::get_if<Refused>(&effect)) {
    if (memory.refusals.refused(refused->write, refused->about, refused->refusal)) memory.news = true;
  } else if (const auto* settled = std::get_if<Settled>(&effect)) {
    const bool force = settled->write.how == plan::Write::How::Force;
    if (force) {
      Applies& applies = memory.applies[{store_.index_of(*settled->write.kind), {ns, settled->write.name}}];
      applies = {settled->write.hash, applies.hash == settled->write.hash ? applies.times + 1 : 1};
      if (applies.times > 3) return memory.refusals.again(settled->write);  // contested: by its clock until it sticks
    }
    if (memory.refusals.settled(settled->write)) memory.news = true;
  }
}

void Engine::wake_at(const Who& who, core::Instant at, core::Now now) {
  const auto wait = std::chrono::duration_cast<core::Ticks>(at - now.wall);
  queues_[who.controller].add_at(who.key, now.mono + std::max(wait, core::Ticks{1'000}));  // never a busy loop
}

void Engine::end_pass(const Who& who, const Pass::Wants& last, core::Now now, Wants& out) {
  WorkQueue& queue = queues_[who.controller];
  const Running running = std::move(running_.at(who));
  running_.erase(who);
  out.reports.push_back(report_of(who, running, last, now));
  if (!running.bug.empty()) {
    queue.done(who.key, now.mono);
    return queue.retry(who.key, now.mono);
  }
  Memory& memory = memory_[who];
  const bool again = *last.end == Pass::End::LookAgain && ++memory.look_agains <= kLookAgains;
  if (*last.end == Pass::End::Done) {
    memory.look_agains = 0;
    queue.forget(who.key);
    if (running.outcome.wake) wake_at(who, *running.outcome.wake, now);
    if (const auto at = memory.refusals.next_retry(); at && *at > now.wall) wake_at(who, *at, now);
  }
  queue.done(who.key, now.mono);
  if (again || (*last.end == Pass::End::Done && memory.news)) {
    queue.add(who.key, now.mono);
  } else if (*last.end != Pass::End::Done) {
    memory.look_agains = 0;
    queue.retry(who.key, now.mono, last.after);
  }
}

PassFinished Engine::report_of(const Who& who, const Running& running, const Pass::Wants& last, core::Now now) const {
  using Result = PassFinished::Result;
  PassFinished out{.controller = names_[who.controller],
                   .key = who.key,
                   .phase_from = running.outcome.phase_from,
                   .phase_to = running.outcome.phase_to,
                   .reason = running.outcome.reason,
                   .writes = running.pass.log(),
                   .took = now.mono - running.began,
                   .error = last.error,
                   .fence_conflict = last.fence_conflict,
                   .terminal = running.terminal,
                   .same_statuses = running.same_statuses,
                   .same_children = running.same_children};
  const bool told = std::find(out.writes.begin(), out.writes.end(), "status") != out.writes.end();
  for (const Event& event : running.outcome.events) {
    if (told) out.decided.push_back(event.reason);
  }
  switch (*last.end) {
    case Pass::End::Done:
      out.result = running.outcome.wake ? Result::RequeueAfter : Result::Success;
      break;
    case Pass::End::LookAgain:
      out.result = Result::Requeue;
      break;
    case Pass::End::Retry:
      out.result = Result::Error;
      break;
  }
  if (!running.bug.empty()) {
    out.result = Result::Bug;
    out.error = running.bug;
  }
  return out;
}

}  // namespace millrace::engine
