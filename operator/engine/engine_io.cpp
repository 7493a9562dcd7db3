// What reaches the engine from streams, and what it wants of its driver.
#include <algorithm>
#include <utility>

#include "engine/engine.h"
#include "engine/metrics_answer.h"

namespace millrace::engine {
namespace {

constexpr std::size_t kMostWarnings = 100;

}  // namespace

std::optional<kube::Request> in_time(const Call& call, core::Ticks now) {
  kube::Request out = call.request;
  if (!call.until) return out;
  if (now >= *call.until) return std::nullopt;
  out.deadline = std::min(out.deadline, *call.until - now);
  return out;
}

void Engine::reflect(std::size_t kind, Reflector::Wants in, core::Now now, Wants& out) {
  const std::string name(store_.kinds()[kind].resource->kind);
  if (!in.failed.empty()) out.reports.push_back(WatchFailed{name, in.failed});
  if (!in.relisted.empty()) out.reports.push_back(Relisted{name, in.reason, in.relisted});
  if (in.silent) out.reports.push_back(WatchSilent{name});
  if (in.watch) out.reports.push_back(WatchOpened{name});
  if (in.close) out.close.push_back(kind);
  if (in.list) out.streams.push_back({.kind = kind, .watch = false, .request = std::move(*in.list)});
  if (in.watch) out.streams.push_back({.kind = kind, .watch = true, .request = std::move(*in.watch)});
  for (const Change& change : in.changes) {
    const bool first = change.what == Change::What::Replace && !listed_.contains(kind);
    if (change.what == Change::What::Replace) listed_.insert(kind);
    const bool was = store_.installed(kind);
    moved(kind, store_.apply(kind, change), now, out, first ? Priority::Low : Priority::Normal);
    const bool is = store_.installed(kind);
    if (store_.kinds()[kind].optional && (first || is != was)) out.reports.push_back(ApiFound{name, is});
  }
}

void Engine::moved(std::size_t kind, const Store::Moved& moved, core::Now now, Wants& out, Priority priority) {
  for (const auto& [key, error] : moved.undecodable) {
    out.reports.push_back(Undecodable{std::string(store_.kinds()[kind].resource->kind), key, error});
  }
  for (std::size_t controller = 0; controller < own_.size(); ++controller) {
    if (own_[controller] != kind) continue;
    for (const kube::ObjectKey& key : moved.keys) queues_[controller].add(key, now.mono, priority);
  }
  for (const Topic& topic : moved.topics) {
    for (const Who& who : readers_.of(topic)) queues_[who.controller].add(who.key, now.mono, priority);
  }
}

// Who cannot complete its caches would lead and do nothing: it leaves the lease to others.
void Engine::stand(core::Now now, Wants& out) {
  if (!options_.lease || lost_) return;
  stands_ = stands_ || synced();
  if (stands_ || stopping_) elect(lease_.tick(now), now, out);
}

void Engine::note_call(const Flight& flight, const core::Result<kube::Response>& response, core::Now now, Wants& out) {
  CallDone done{.method = flight.method, .code = response ? response->status : 0, .took = now.mono - flight.since};
  if (flight.on == Connection::Write) done.write = flight.what;
  if (flight.on == Connection::Event) done.write = "event";
  if (flight.on == Connection::Read) done.live_read = flight.what;
  done.question = flight.on == Connection::Fact;
  done.fenced = !done.write.empty() && !response && response.error().code == core::ErrorCode::Cancelled;
  out.reports.push_back(std::move(done));
}

// Each text once, so that a deprecated field of a thousand objects is one line.
void Engine::note_warnings(const core::Result<kube::Response>& response, Wants& out) {
  if (!response) return;
  for (const std::string& text : response->warnings) {
    if (warned_.size() < kMostWarnings && warned_.insert(text).second) out.reports.push_back(Warned{text});
  }
}

void Engine::elect(LeaseElector::Wants in, core::Now now, Wants& out) {
  if (in.call) call(std::move(*in.call), {.on = Connection::Lease}, now, out);
  if (in.slow) out.reports.push_back(LeaseSlowPath{});
  if (in.gained) {
    listens_since_ = now.wall;
    out.reports.push_back(LeaderChanged{true});
  }
  if (!in.lost) return;
  lost_ = true;
  out.lost = true;
  out.reports.push_back(LeaderChanged{false});
  for (const auto& [id, flight] : flights_) {
    if (flight.on != Connection::Lease) out.cancel.push_back(id);
  }
}

// Facts and events go out beside the passes.
void Engine::ask(core::Now now, Wants& out) {
  if (!may_pass(now.mono)) return;
  while (auto asked = facts_.next(now)) {
    const auto* query = std::get_if<plan::MetricsQuery>(&asked->what);
    call(facts_.request(*asked), {.on = query ? Connection::Metrics : Connection::Fact, .fact = *asked}, now, out);
    if (query) out.reports.push_back(QueryDone{.source = query->source, .in_flight = facts_.in_flight(query->source)});
  }
  while (auto event = events_.next(now)) {
    call(std::move(event->request), {.on = Connection::Event, .what = std::move(event->which)}, now, out);
  }
}

void Engine::note_query(const Facts::Asked& asked, const core::Result<kube::Response>& response, core::Duration took, Wants& out) {
  const std::string& source = std::get<plan::MetricsQuery>(asked.what).source;
  out.reports.push_back(QueryDone{.source = source,
                                  .in_flight = facts_.in_flight(source) - 1,  // it is still counted
                                  .result = metrics_result(metrics_answer(response)),
                                  .took = took});
}

void Engine::call(kube::Request request, Flight flight, core::Now now, Wants& out) {
  const CallId id = ++last_call_;
  flight.method = request.method;
  flight.since = now.mono;
  const bool fenced = flight.on != Connection::Lease && flight.on != Connection::Schema && flight.on != Connection::Metrics;
  Call call{.id = id, .on = flight.on, .request = std::move(request)};
  if (options_.lease && fenced) call.until = lease_.fence();
  if (flight.on == Connection::Metrics) {
    call.source = std::get<plan::MetricsQuery>(flight.fact->what).source;
    call.ns = flight.fact->ns;
  }
  out.calls.push_back(std::move(call));
  flights_.emplace(id, std::move(flight));
}

void Engine::wind_down(core::Now now, Wants& out) {
  if (!stopping_ || !running_.empty()) return;
  const bool busy = std::any_of(flights_.begin(), flights_.end(),
                                [](const auto& f) { return f.second.on == Connection::Write || f.second.on == Connection::Read; });
  if (busy) return;
  if (options_.lease && !lost_ && !lease_.released()) elect(lease_.release(now), now, out);
  out.stopped = !options_.lease || lost_ || lease_.released();
}

Sample Engine::sample(core::Ticks now) const {
  const auto since = [&](std::optional<core::Ticks> at) { return at ? std::optional<core::Duration>(now - *at) : std::nullopt; };
  Sample out;
  for (std::size_t kind = 0; kind < reflectors_.size(); ++kind) {
    out.kinds.push_back({.kind = std::string(store_.kinds()[kind].resource->kind),
                         .objects = store_.count(kind),
                         .bytes = store_.bytes(kind),
                         .watch_age = since(reflectors_[kind].open_since()),
                         .last_event = since(reflectors_[kind].heard())});
  }
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const WorkQueue::Work work = queues_[i].work(now);
    out.controllers.push_back({.controller = names_[i], .unfinished = work.unfinished, .longest = work.longest});
  }
  return out;
}

void Engine::finish(core::Now now, Wants& out) {
  const auto sooner = [&](std::optional<core::Ticks> at) {
    if (at) out.wake = out.wake ? std::min(*out.wake, *at) : *at;
  };
  for (const Reflector& reflector : reflectors_) sooner(reflector.wake());
  if (options_.lease && !lost_) sooner(lease_.wake());
  sooner(schemas_.wake());
  if (may_pass(now.mono)) {
    if (running_.size() < options_.passes) {
      for (std::size_t i = 0; i < queues_.size(); ++i) {
        if (runs(i)) sooner(queues_[i].wake());
      }
    }
    if (more_) sooner(now.mono);
    sooner(facts_.wake(now));
    sooner(events_.wake());
  }
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    WorkQueue::Moves moves = queues_[i].moves();
    const std::array<std::size_t, 3> state{queues_[i].depth(), queues_[i].low(), queues_[i].working()};
    if (moves.adds == 0 && moves.retries == 0 && moves.waited.empty() && state == told_[i]) continue;
    told_[i] = state;
    out.reports.push_back(QueueMoved{.controller = names_[i],
                                     .depth = state[0],
                                     .adds = moves.adds,
                                     .retries = moves.retries,
                                     .low = state[1],
                                     .working = state[2],
                                     .waited = std::move(moves.waited)});
  }
}

}  // namespace millrace::engine
