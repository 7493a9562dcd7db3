// What a fate does.
#include "kube/client/verbs.h"
#include "support/api_server/errors.h"
#include "support/sim/sim.h"

namespace millrace::sim {
namespace {

using json::Object;

constexpr std::chrono::seconds kLate{10}, kFollows{5};
constexpr const char* kMeddled = "example.org/meddled";

std::vector<std::pair<const KindRules*, kube::ObjectKey>> our_objects(const ApiServer& server) {
  std::vector<std::pair<const KindRules*, kube::ObjectKey>> out;
  for (const auto& kind : all_kinds()) {
    if (!kind.custom || kind.add_on) continue;
    for (const auto& [key, stored] : server.store().objects(kind)) out.emplace_back(&kind, key);
  }
  return out;
}

}  // namespace

kube::Response Sim::refusal(Fate fate) const {
  if (fate == Fate::Conflict) return failure(409, "Conflict", "injected: the object has been modified");
  if (fate == Fate::ServerError) return failure(500, "InternalError", "injected: an internal error");
  if (fate == Fate::Forbidden) return failure(403, "Forbidden", "injected: not allowed at this moment");
  kube::Response out = failure(429, "TooManyRequests", "injected: too many requests");
  out.retry_after = std::chrono::seconds(3);
  return out;
}

// True: the call did not reach the server as it should.
bool Sim::instead(const engine::Call& call, Fate fate) {
  switch (fate) {
    case Fate::CrashBefore:
      restart();
      return true;
    case Fate::Freeze:
      if (frozen_ || rival_) return false;  // two at most
      me_.calls.push_front(call);
      freeze();
      return true;
    case Fate::Conflict:
    case Fate::ServerError:
    case Fate::Throttled:
    case Fate::Forbidden:
      ++writes;
      step(engine::CallFinished{call.id, refusal(fate)});
      return true;
    case Fate::Hang:
      me_.hung.emplace(mono_ + call.request.deadline, call);
      return true;
    case Fate::Meddle:
      meddle(call.request);
      return false;
    default:
      return false;
  }
}

// After the write, before the operator hears of it.
void Sim::afterwards(Fate fate) {
  switch (fate) {
    case Fate::Lag:
      held_until_ = mono_ + kLate;
      return;
    case Fate::CutStreams:
      return cut_streams();
    case Fate::StaleRestart:
      held_until_ = mono_ + kLate;
      listed_until_ = held_until_ + kFollows;
      return restart();
    case Fate::Wipe:
      wipe_statuses();
      return restart();
    case Fate::Older:
      age_statuses();
      return restart();
    case Fate::CrashAfter:
      return restart();
    default:
      return;
  }
}

void Sim::cut_streams() {
  const auto cut = std::exchange(me_.watches, {});
  for (const auto& [kind, id] : cut) server.close_watch(id);
  for (const auto& [kind, id] : cut) step(engine::StreamEnded{kind, core::Error{core::ErrorCode::Unavailable, "the connection broke"}});
}

void Sim::wipe_statuses() {
  for (const auto& [kind, key] : our_objects(server)) {
    server.put_status_as("mishap", *kind->resource, key.ns, key.name, Object{}, now());
  }
}

// A member that this operator does not know, no history, and conditions of no generation.
void Sim::age_statuses() {
  for (const auto& [kind, key] : our_objects(server)) {
    const json::Value* status = server.find(*kind->resource, key.ns, key.name)->at({"status"});
    if (status == nullptr || status->object() == nullptr) continue;
    Object older = *status->object();
    older["formerly"] = Object{{"known", "yes"}};
    older.erase("history");
    json::Value* conditions = older.find("conditions");
    if (conditions != nullptr && conditions->array() != nullptr) {
      for (json::Value& c : *conditions->array()) c.object()->erase("observedGeneration");
    }
    server.let_in(*kind->resource, key.ns, key.name, std::move(older), "status");
  }
}

void Sim::meddle(const kube::Request& request) {
  const auto parsed = parse_call(request);
  const auto* call = std::get_if<Call>(&parsed);
  const json::Value* target = call == nullptr || call->name.empty() ? nullptr : server.find(*call->kind->resource, call->ns, call->name);
  if (target == nullptr) return;
  const std::string path = kube::object_path(*call->kind->resource, call->ns, call->name);
  meddled[path] = target->text_at({"metadata", "uid"});
  const Object mark{{kMeddled, "yes"}};
  server.handle({.method = "PATCH",
                 .path = path,
                 .body = json::dump(Object{{"metadata", Object{{"annotations", mark}, {"labels", mark}}}}),
                 .content_type = "application/merge-patch+json"},
                now(), "meddler");
}

void Sim::end_silence() {
  for (auto at = me_.silent.begin(); at != me_.silent.end();) {
    const auto [kind, silence] = *at;
    if (silence.until > mono_) {
      ++at;
      continue;
    }
    at = me_.silent.erase(at);
    const auto watch = me_.watches.find(kind);
    if (!silence.forgets || watch == me_.watches.end()) continue;
    server.close_watch(watch->second);
    me_.watches.erase(watch);
    step(engine::StreamEnded{kind, core::Error{core::ErrorCode::Gone, "injected: too old resource version"}});
  }
}

bool Sim::answer_hung() {
  if (me_.hung.empty() || me_.hung.begin()->first > mono_) return false;
  const engine::Call call = std::move(me_.hung.begin()->second);
  me_.hung.erase(me_.hung.begin());
  finish_call(call, Fate::CommitThenError);
  return true;
}

}  // namespace millrace::sim
