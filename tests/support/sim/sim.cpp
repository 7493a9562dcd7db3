#include "support/sim/sim.h"

#include <algorithm>

#include "core/hash.h"
#include "kube/client/verbs.h"
#include "support/sim/snapshot.h"

namespace millrace::sim {
namespace {

constexpr core::Instant kStart{std::chrono::seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

bool is_write(const engine::Call& call) { return call.on == engine::Connection::Write && call.request.method != "GET"; }

core::Error unavailable() { return {core::ErrorCode::Unavailable, "the connection broke"}; }

}  // namespace

const char* to_text(Fate fate) {
  switch (fate) {
    case Fate::Ok:
      return "ok";
    case Fate::CrashBefore:
      return "crash before";
    case Fate::CrashAfter:
      return "crash after";
    case Fate::Conflict:
      return "conflict at";
    case Fate::CommitThenError:
      return "answer lost of";
    case Fate::Lag:
      return "late watches after";
    case Fate::CutStreams:
      return "watches cut after";
    case Fate::Wipe:
      return "statuses wiped after";
  }
  return "";
}

Sim::Sim(const engine::Controllers& controllers, Script script, engine::Options options)
    : controllers_(controllers), script_(std::move(script)), options_(std::move(options)), engine_(controllers_, options_) {
  absorb(engine_.start(clock()));
}

core::Now Sim::clock() const { return {.wall = kStart + std::chrono::floor<std::chrono::seconds>(mono_), .mono = mono_}; }

const kube::Request* Sim::next_write() const {
  if (!opening_.empty() || !ended_.empty() || calls_.empty() || !is_write(calls_.front())) return nullptr;
  return &calls_.front().request;
}

void Sim::absorb(engine::Wants wants) {
  for (auto& call : wants.calls) calls_.push_back(std::move(call));
  for (auto& stream : wants.streams) opening_.push_back(std::move(stream));
  for (const auto kind : wants.close) {
    const auto hit = watches_.find(kind);
    if (hit == watches_.end()) continue;
    server.close_watch(hit->second);
    watches_.erase(hit);
    ended_.push_back(kind);
  }
  wake_ = wants.wake;
  if (poisoned) return;
  for (const auto& report : wants.reports) {
    const auto* pass = std::get_if<engine::PassFinished>(&report);
    if (pass != nullptr && pass->result == engine::PassFinished::Result::Bug) trouble.push_back("bug in a pass: " + pass->error);
    const auto* broken = std::get_if<engine::Undecodable>(&report);
    if (broken != nullptr) trouble.push_back("undecodable " + broken->kind + " " + broken->key.name + ": " + broken->error);
  }
}

void Sim::go(Fate fate) {
  close_ended();
  if (!ended_.empty()) {
    const std::size_t kind = ended_.back();
    ended_.pop_back();
    return step(engine::StreamEnded{kind, {}});
  }
  if (!opening_.empty()) {
    const engine::Stream stream = std::move(opening_.front());
    opening_.pop_front();
    return open_stream(stream);
  }
  if (!calls_.empty()) return answer_call(fate);
  if (const auto kind = talking()) {
    const std::string line = *server.next_line(watches_.at(*kind));
    idle_ticks_ = 0;
    return step(engine::WatchLine{*kind, line});
  }
  if (!answer_query() && !actors_act()) pass_time();
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
    watches_[stream.kind] = *id;
  } else {
    step(engine::StreamEnded{stream.kind, kube::verbs::error_of(std::get<kube::Response>(opened))});
  }
}

void Sim::answer_call(Fate fate) {
  const engine::Call call = std::move(calls_.front());
  calls_.pop_front();
  if (call.on == engine::Connection::Metrics) return put_query(call);
  if (const auto access = access_of(call.request)) used.insert(*access);
  if (fate == Fate::CrashBefore) return restart();
  if (fate == Fate::Conflict)
    return step(engine::CallFinished{call.id, failure(409, "Conflict", "injected: the object has been modified")});
  const kube::Response response = server.handle(call.request, now());
  if (call.request.method != "GET" && call.on != engine::Connection::Event) count(call.request, response.status);
  idle_ticks_ = 0;
  switch (fate) {
    case Fate::CrashAfter:
      return restart();
    case Fate::CommitThenError:
      return step(engine::CallFinished{call.id, unavailable()});
    case Fate::Lag:
      held_until_ = mono_ + std::chrono::seconds(10);
      break;
    case Fate::CutStreams:
      cut_streams();
      break;
    case Fate::Wipe:
      wipe_statuses();
      return restart();
    case Fate::Ok:
    case Fate::CrashBefore:
    case Fate::Conflict:
      break;
  }
  step(engine::CallFinished{call.id, response});
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
  for (const auto& [kind, id] : watches_) server.close_watch(id);
  watches_.clear();
  calls_.clear();
  opening_.clear();
  ended_.clear();
  late_.clear();
  engine_ = engine::Engine(controllers_, options_);
  absorb(engine_.start(clock()));
}

void Sim::cut_streams() {
  const auto cut = std::exchange(watches_, {});
  for (const auto& [kind, id] : cut) server.close_watch(id);
  for (const auto& [kind, id] : cut) step(engine::StreamEnded{kind, unavailable()});
}

void Sim::wipe_statuses() {
  for (const auto& kind : all_kinds()) {
    if (!kind.custom || kind.add_on) continue;
    std::vector<kube::ObjectKey> keys;
    for (const auto& [key, stored] : server.store().objects(kind)) keys.push_back(key);
    for (const auto& key : keys) server.put_status_as("mishap", *kind.resource, key.ns, key.name, json::Object{}, now());
  }
}

std::optional<std::size_t> Sim::talking() {
  if (mono_ < held_until_) return std::nullopt;
  for (const auto& [kind, id] : watches_) {
    if (server.has_line(id)) return kind;
  }
  return std::nullopt;
}

bool Sim::actors_act() {
  if (settled_version_ == server.store().version() && settled_at_ == mono_) return false;
  const bool did = act(server, script_, now());
  settled_version_ = server.store().version();
  settled_at_ = mono_;
  change_ = next_change(server, script_, now());
  return did;
}

std::optional<core::Ticks> Sim::next_wake() {
  actors_act();
  std::optional<core::Ticks> out = wake_;
  const auto sooner = [&](core::Ticks t) { out = out ? std::min(*out, t) : t; };
  if (held_until_ > mono_) sooner(held_until_);
  if (!late_.empty()) sooner(late_.begin()->first);
  if (change_) sooner(*change_ - kStart);
  return out;
}

bool Sim::quiet() {
  if (!ended_.empty() || !opening_.empty() || !calls_.empty() || talking()) return false;
  if (mono_ < held_until_ || watches_.size() + absent() != engine_.kinds().size() || actors_act()) return false;
  for (std::size_t i = 0; i < engine_.kinds().size(); ++i) {
    if (engine_.store().installed(i) != server.serves(*engine_.kinds()[i].resource)) return false;
  }
  return late_.empty() || late_.begin()->first > mono_;
}

std::string Sim::lag() const {
  for (std::size_t i = 0; i < engine_.kinds().size(); ++i) {
    const engine::Kind& kind = engine_.kinds()[i];
    std::size_t there = 0;
    for (const auto& [key, stored] : server.store().objects(rules_of(*kind.resource))) {
      if (!kind.selector.empty() && stored->object.text_at({"metadata", "labels", "app.kubernetes.io/managed-by"}) != "millrace") continue;
      ++there;
      const kube::ObjectMeta* known = engine_.store().find_meta(i, key);
      if (known == nullptr || known->resource_version != std::to_string(stored->version))
        return "the cache knows another " + std::string(kind.resource->kind) + " " + key.name;
    }
    if (!poisoned && engine_.store().count(i) != there) return "the cache knows a " + std::string(kind.resource->kind) + " that is gone";
  }
  return "";
}

std::uint64_t Sim::state() const {
  std::string out = std::to_string(mono_.count()) + " " + (wake_ ? std::to_string(wake_->count()) : "never");
  for (const auto& [at, answer] : late_) out += " answer at " + std::to_string(at.count());
  for (const auto* done : {&creates, &deletes}) {
    out += "\n";
    for (const auto& [path, n] : *done) out += path + " " + std::to_string(n) + ", ";
  }
  return core::fingerprint(out + std::to_string(fingerprint(server)));
}

bool Sim::at_rest() {
  if (!quiet()) return false;
  if (std::exchange(known_version_, server.store().version()) != server.store().version()) last_change_ = mono_;
  const auto wake = next_wake();
  const bool looks_for_apis = absent() > 0;  // which it does for ever
  return !wake || *wake > last_change_ + kRest || (looks_for_apis && mono_ > last_change_ + kRest);
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
  step(engine::Tick{});
}

}  // namespace millrace::sim
