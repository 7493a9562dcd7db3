#include "support/sim/sim.h"

#include <algorithm>

#include "core/hash.h"
#include "core/text.h"
#include "kube/client/verbs.h"
#include "support/sim/snapshot.h"

namespace millrace::sim {
namespace {

constexpr core::Instant kStart{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

bool is_write(const engine::Call& call) { return call.on == engine::Connection::Write && call.request.method != "GET"; }

std::string said(const engine::Report& report) {
  if (const auto* pass = std::get_if<engine::PassFinished>(&report)) return pass->error + " " + core::join(pass->writes, ", ");
  if (const auto* broken = std::get_if<engine::Undecodable>(&report)) return broken->error;
  if (const auto* failed = std::get_if<engine::WatchFailed>(&report)) return failed->error;
  return "";
}

}  // namespace

Sim::Sim(const engine::Controllers& controllers, Script script, engine::Options options)
    : controllers_(controllers), script_(std::move(script)), options_(std::move(options)), me_(born()) {
  absorb(me_.engine.start(clock()));
}

// Each process is somebody else to the lease.
Process Sim::born() {
  Process out{.identity = options_.instance + "_" + std::to_string(++lives_)};
  engine::Options options = options_;
  if (options.lease) options.lease->identity = out.identity;
  out.engine = engine::Engine(controllers_, std::move(options));
  return out;
}

core::Now Sim::clock() const { return {.wall = kStart + std::chrono::floor<std::chrono::seconds>(mono_), .mono = mono_}; }

const kube::Request* Sim::next_write() const {
  if (me_.lost || !me_.opening.empty() || !me_.ended.empty() || me_.calls.empty() || !is_write(me_.calls.front())) return nullptr;
  return &me_.calls.front().request;
}

bool Sim::next_line() { return !me_.lost && me_.opening.empty() && me_.ended.empty() && me_.calls.empty() && talking().has_value(); }

void Sim::absorb(engine::Wants wants) {
  for (auto& call : wants.calls) me_.calls.push_back(std::move(call));
  for (auto& stream : wants.streams) me_.opening.push_back(std::move(stream));
  for (const auto kind : wants.close) {
    const auto hit = me_.watches.find(kind);
    if (hit == me_.watches.end()) continue;
    server.close_watch(hit->second);
    me_.watches.erase(hit);
    me_.ended.push_back(kind);
  }
  me_.wake = wants.wake;
  me_.lost = me_.lost || wants.lost;
  for (const auto& report : wants.reports) {
    if (std::string text = said(report); !text.empty()) told.push_back(std::move(text));
    const auto* pass = std::get_if<engine::PassFinished>(&report);
    if (poisoned) continue;
    if (pass != nullptr && pass->result == engine::PassFinished::Result::Bug) trouble.push_back("bug in a pass: " + pass->error);
    const auto* broken = std::get_if<engine::Undecodable>(&report);
    if (broken != nullptr) trouble.push_back("undecodable " + broken->kind + " " + broken->key.name + ": " + broken->error);
  }
}

void Sim::go(Fate fate) {
  if (me_.lost) return leave();
  close_ended();
  if (!me_.ended.empty()) {
    const std::size_t kind = me_.ended.back();
    me_.ended.pop_back();
    return step(engine::StreamEnded{kind, {}});
  }
  if (!me_.opening.empty()) {
    const engine::Stream stream = std::move(me_.opening.front());
    me_.opening.pop_front();
    return open_stream(stream);
  }
  if (!me_.calls.empty()) return answer_call(fate);
  if (talking()) return go_line(fate);
  if (!answer_query() && !answer_hung() && !actors_act()) pass_time();
}

void Sim::go_line(Fate fate) {
  const std::size_t kind = *talking();
  if (fate == Fate::Late || fate == Fate::Lost) {
    me_.silent[kind] = {.until = mono_ + std::chrono::seconds(10), .forgets = fate == Fate::Lost};
    return;
  }
  const std::string line = *server.next_line(me_.watches.at(kind));
  idle_ticks_ = 0;
  step(engine::WatchLine{kind, line});
  if (fate == Fate::Twice && me_.watches.contains(kind)) step(engine::WatchLine{kind, line});
}

void Sim::tell(const kube::Resource& kind, const kube::ObjectKey& key, json::Value what) {
  const auto seen = json::parse(server.handle({.path = kube::object_path(kind, key.ns, key.name)}, now()).body);
  step(engine::Told{&kind, key, seen->text_at({"metadata", "uid"}), std::move(what)});
}

void Sim::open_stream(const engine::Stream& stream) {
  if (const auto access = access_of(stream.request)) used.insert(*access);
  if (!stream.watch) return step(engine::ListAnswered{stream.kind, server.handle(stream.request, now())});
  auto opened = server.open_watch(stream.request);
  if (const auto* id = std::get_if<ApiServer::WatchId>(&opened)) {
    me_.watches[stream.kind] = *id;
  } else {
    step(engine::StreamEnded{stream.kind, kube::verbs::error_of(std::get<kube::Response>(opened))});
  }
}

void Sim::answer_call(Fate fate) {
  engine::Call call = std::move(me_.calls.front());
  me_.calls.pop_front();
  if (call.on == engine::Connection::Metrics) return put_query(call);
  const auto request = unfenced ? call.request : engine::in_time(call, mono_);
  if (!request) return step(engine::CallFinished{call.id, core::Error{core::ErrorCode::Cancelled, "the fence is closed"}});
  call.request = *request;
  if (const auto access = access_of(call.request)) used.insert(*access);
  if (!instead(call, fate)) finish_call(call, fate);
}

void Sim::finish_call(const engine::Call& call, Fate fate) {
  hold_fence(call);
  const kube::Response response = server.handle(call.request, now());
  if (call.on == engine::Connection::Lease) note_lease(call, response.status);
  if (is_write(call)) count(call.request, response.status);
  idle_ticks_ = 0;
  afterwards(fate);
  if (crashes(fate)) return;
  const core::Error unheard{core::ErrorCode::Unavailable, "the connection broke"};
  step(engine::CallFinished{call.id, fate == Fate::CommitThenError ? core::Result<kube::Response>(unheard) : response});
}

void Sim::count(const kube::Request& request, int status) {
  ++writes;
  if (status >= 300) return;
  std::string path = request.path.substr(0, request.path.find('?'));
  if (request.method == "POST") {
    const auto body = json::parse(request.body);
    ++creates[path + "/" + body->text_at({"metadata", "name"})];
  } else if (request.method == "DELETE") {
    ++deletes[path];
  } else if (status == 201) {
    ++creates[path];
  }
}

void Sim::restart() {
  for (const auto& [kind, id] : me_.watches) server.close_watch(id);
  me_ = born();
  absorb(me_.engine.start(clock()));
}

std::optional<std::size_t> Sim::talking() {
  if (mono_ < held_until_) return std::nullopt;
  for (const auto& [kind, id] : me_.watches) {
    if (me_.silent.contains(kind) || (mono_ < listed_until_ && !server.has_initial(id))) continue;
    if (server.has_line(id)) return kind;
  }
  return std::nullopt;
}

bool Sim::actors_act() {
  if (settled_changes_ == changes() && settled_at_ == mono_) return false;
  const bool did = act(server, script_, now());
  settled_changes_ = changes();
  settled_at_ = mono_;
  change_ = next_change(server, script_, now());
  return did;
}

std::optional<core::Ticks> Sim::next_wake() {
  actors_act();
  std::optional<core::Ticks> out = me_.wake;
  const auto sooner = [&](core::Ticks t) { out = out ? std::min(*out, t) : t; };
  for (const core::Ticks held : {held_until_, listed_until_}) {
    if (held > mono_) sooner(held);
  }
  for (const auto& [kind, silence] : me_.silent) sooner(silence.until);
  if (!me_.late.empty()) sooner(me_.late.begin()->first);
  if (!me_.hung.empty()) sooner(me_.hung.begin()->first);
  if (frozen_) sooner(thaws_at_);
  if (change_) sooner(*change_ - kStart);
  return out;
}

bool Sim::quiet() {
  if (me_.lost || frozen_ || rival_ || !me_.silent.empty() || !me_.hung.empty()) return false;
  if (!me_.ended.empty() || !me_.opening.empty() || !me_.calls.empty() || talking()) return false;
  if (mono_ < held_until_ || mono_ < listed_until_ || actors_act()) return false;
  if (me_.watches.size() + absent() != me_.engine.kinds().size()) return false;
  for (std::size_t i = 0; i < me_.engine.kinds().size(); ++i) {
    if (me_.engine.store().installed(i) != server.serves(*me_.engine.kinds()[i].resource)) return false;
  }
  return me_.late.empty() || me_.late.begin()->first > mono_;
}

std::string Sim::lag() const {
  const engine::Engine& engine = me_.engine;
  for (std::size_t i = 0; i < engine.kinds().size(); ++i) {
    const engine::Kind& kind = engine.kinds()[i];
    std::size_t there = 0;
    for (const auto& [key, stored] : server.store().objects(rules_of(*kind.resource))) {
      if (!kind.selector.empty() && stored->object.text_at({"metadata", "labels", "app.kubernetes.io/managed-by"}) != "millrace") continue;
      ++there;
      const kube::ObjectMeta* known = engine.store().find_meta(i, key);
      if (known == nullptr || known->resource_version != std::to_string(stored->version))
        return "the cache knows another " + std::string(kind.resource->kind) + " " + key.name;
    }
    if (!poisoned && engine.store().count(i) != there) return "the cache knows a " + std::string(kind.resource->kind) + " that is gone";
  }
  return "";
}

std::uint64_t Sim::state() const {
  std::string out = std::to_string(mono_.count()) + " " + (me_.wake ? std::to_string(me_.wake->count()) : "never");
  for (const auto& [at, answer] : me_.late) out += " answer at " + std::to_string(at.count());
  for (const auto* done : {&creates, &deletes}) {
    out += "\n";
    for (const auto& [path, n] : *done) out += path + " " + std::to_string(n) + ", ";
  }
  return core::fingerprint(out + std::to_string(fingerprint(server)));
}

// A leader wakes for ever to renew its lease, and who lacks an API to look for it: they rest when nothing has changed for long.
bool Sim::at_rest() {
  if (!quiet()) return false;
  if (std::exchange(known_changes_, changes()) != changes()) last_change_ = mono_;
  const auto wake = next_wake();
  const bool idles = (options_.lease && mono_ > last_change_ + kRestOfLeaders) || (absent() > 0 && mono_ > last_change_ + kRest);
  return !wake || *wake > last_change_ + kRest || idles;
}

void Sim::pass_time() {
  const auto wake = next_wake();
  if (!wake) return;
  if (*wake > mono_) {
    mono_ = *wake;
    idle_ticks_ = 0;
  } else if (++idle_ticks_ == 1000) {
    trouble.push_back("the engine asks to be woken at once, for ever");
    mono_ += std::chrono::seconds(1);
  }
  end_silence();
  if (frozen_ && mono_ >= thaws_at_) return thaw();
  step(engine::Tick{});
}

}  // namespace millrace::sim
