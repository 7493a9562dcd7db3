#include "engine/facts.h"

#include <algorithm>

#include "core/backoff.h"
#include "core/check.h"
#include "core/text.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kObjectPause{5'000};
constexpr core::Duration kEventPause{60'000};
constexpr core::Duration kFirst{10'000};
constexpr core::Duration kCap{300'000};
constexpr core::Duration kLimit{10'000};
constexpr std::size_t kObjectBytes = 64 * 1024;
constexpr std::size_t kAnswerBytes = 1 << 20;

core::Duration pause_of(const Facts::Asked& asked) {
  return std::holds_alternative<plan::EventsOf>(asked.what) ? kEventPause : kObjectPause;
}

// Where an object is looked for. Kinds without namespaces are shared by all who ask.
std::string ns_of(const Who& who, const plan::Question& question) {
  const auto* object = std::get_if<plan::ObjectByName>(&question.what);
  if (object == nullptr) return who.key.ns;
  if (!object->kind->namespaced) return {};
  return object->ns.empty() ? who.key.ns : object->ns;
}

std::string newer_of(const json::Value& event) {
  for (const char* name : {"lastTimestamp", "eventTime"}) {
    if (std::string at = event.text_at({name}); !at.empty()) return at;
  }
  if (std::string at = event.text_at({"series", "lastObservedTime"}); !at.empty()) return at;
  return event.text_at({"metadata", "creationTimestamp"});
}

plan::Answer sentence_of(const json::Value& list) {
  const json::Value* items = list.at({"items"});
  const json::Value* newest = nullptr;
  if (items == nullptr || items->array() == nullptr) return plan::Sentence{};
  for (const json::Value& event : *items->array()) {
    if (event.text_at({"type"}) != "Warning") continue;
    if (newest == nullptr || newer_of(event) >= newer_of(*newest)) newest = &event;
  }
  if (newest == nullptr) return plan::Sentence{};
  return plan::Sentence{newest->text_at({"reason"}), core::cut(core::to_utf8(newest->text_at({"message"})), 1024)};
}

plan::Answer object_of(json::Value object) {
  if (json::Value* metadata = object.object() == nullptr ? nullptr : object.object()->find("metadata"); metadata && metadata->object()) {
    metadata->object()->erase("managedFields");
  }
  std::string bytes = json::dump(object);
  if (bytes.size() > kObjectBytes) return plan::Found{.exists = true};
  return plan::Found{.exists = true, .object = {std::move(bytes)}};
}

plan::Answer answer_of(const Facts::Asked& asked, const core::Result<kube::Response>& response) {
  if (!response) return plan::Unreachable{response.error().message};
  const bool object = std::holds_alternative<plan::ObjectByName>(asked.what);
  if (object && response->status == 404) return plan::Found{};
  if (!kube::verbs::succeeded(*response)) return plan::Unreachable{kube::verbs::error_of(*response).message};
  if (response->body.size() > kAnswerBytes) return plan::Unreachable{"the answer is larger than 1 MiB"};
  auto parsed = json::parse(response->body);
  if (!parsed) return plan::Unreachable{parsed.error().message};
  return object ? object_of(std::move(*parsed)) : sentence_of(*parsed);
}

}  // namespace

kube::Request Facts::request(const Asked& asked) {
  kube::Request out;
  if (const auto* object = std::get_if<plan::ObjectByName>(&asked.what)) {
    out = kube::verbs::get(*object->kind, {asked.ns, object->name});
  } else {
    const auto& events = std::get<plan::EventsOf>(asked.what);
    const std::string selector = "involvedObject.uid=" + events.uid + ",type=Warning";
    out = kube::verbs::list(kube::resources::kCoreEvent, {.ns = asked.ns, .field_selector = selector}, 100);
  }
  out.deadline = kLimit;
  return out;
}

void Facts::ask(const Who& who, const std::vector<plan::Question>& questions) {
  if (const auto it = of_.find(who); it != of_.end()) {
    for (const Asked& asked : it->second) {
      if (const auto entry = entries_.find(asked); entry != entries_.end()) entry->second.who.erase(who);
    }
    of_.erase(it);
  }
  for (const plan::Question& question : questions) {
    if (std::holds_alternative<plan::MetricsQuery>(question.what)) continue;  // there is no metrics source
    Asked asked{ns_of(who, question), question.what};
    if (!entries_.contains(asked) && entries_.size() >= kMost) continue;
    core::Instant& at = entries_[asked].who.try_emplace(who, question.at).first->second;
    at = std::max(at, question.at);
    of_[who].push_back(std::move(asked));
  }
  std::erase_if(entries_, [](const auto& e) { return e.second.who.empty() && !e.second.in_flight; });
}

// The latest instant somebody wants an answer of, when the last answer is older.
std::optional<core::Instant> Facts::wanted(const Entry& entry) const {
  if (entry.in_flight || entry.who.empty()) return std::nullopt;
  std::optional<core::Instant> out;
  for (const auto& [who, at] : entry.who) {
    const bool open = !entry.answered || at > entry.asked_at;
    if (open && (!out || at < *out)) out = at;
  }
  return out;
}

std::optional<Facts::Asked> Facts::next(core::Now now) {
  if (in_flight_ >= kInFlight) return std::nullopt;
  for (auto& [asked, entry] : entries_) {
    const auto at = wanted(entry);
    if (!at || *at > now.wall || entry.not_before > now.mono) continue;
    entry.in_flight = true;
    entry.asked_at = *at;
    for (const auto& [who, also] : entry.who) {
      if (also <= now.wall) entry.asked_at = std::max(entry.asked_at, also);
    }
    ++in_flight_;
    return asked;
  }
  return std::nullopt;
}

std::set<Who> Facts::answered(const Asked& asked, const core::Result<kube::Response>& response, core::Now now) {
  const auto it = entries_.find(asked);
  MILLRACE_CHECK(it != entries_.end() && it->second.in_flight);
  Entry& entry = it->second;
  entry.in_flight = false;
  --in_flight_;
  plan::Answer answer = answer_of(asked, response);
  entry.answered = !std::holds_alternative<plan::Unreachable>(answer);
  entry.failures = entry.answered ? 0 : entry.failures + 1;
  entry.not_before = now.mono + (entry.answered ? pause_of(asked) : core::backoff(kFirst, kCap, entry.failures - 1));
  const bool known = entry.fact && !std::holds_alternative<plan::Unreachable>(entry.fact->answer);
  if (entry.answered || !known) {
    entry.fact = plan::Fact{.question = {asked.what, entry.asked_at}, .answer = std::move(answer), .answered = now.wall};
  }
  std::set<Who> out;
  for (const auto& [who, at] : entry.who) out.insert(who);
  if (out.empty()) entries_.erase(it);
  return out;
}

std::vector<plan::Fact> Facts::of(const Who& who) const {
  std::vector<plan::Fact> out;
  const auto it = of_.find(who);
  if (it == of_.end()) return out;
  for (const Asked& asked : it->second) {
    if (const auto entry = entries_.find(asked); entry != entries_.end() && entry->second.fact) out.push_back(*entry->second.fact);
  }
  return out;
}

std::optional<core::Ticks> Facts::wake(core::Now now) const {
  std::optional<core::Ticks> out;
  if (in_flight_ >= kInFlight) return out;  // an answer wakes us
  for (const auto& [asked, entry] : entries_) {
    const auto at = wanted(entry);
    if (!at) continue;
    const core::Ticks due = std::max(entry.not_before, now.mono + std::chrono::duration_cast<core::Ticks>(*at - now.wall));
    out = out ? std::min(*out, due) : due;
  }
  return out;
}

}  // namespace millrace::engine
