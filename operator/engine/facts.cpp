#include "engine/facts.h"

#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/check.h"
#include "core/text.h"
#include "engine/metrics_answer.h"
#include "kube/client/verbs.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kObjectPause{5'000};
constexpr core::Duration kEventPause{60'000};
constexpr core::Duration kFirst{10'000};
constexpr core::Duration kCap{300'000}, kQueryCap{60'000};
constexpr core::Duration kLimit{10'000};
constexpr std::size_t kObjectBytes = 64 * 1024;

bool is_query(const Facts::Asked& asked) { return std::holds_alternative<plan::MetricsQuery>(asked.what); }

std::string lane_name(const Facts::Asked& asked) {
  const auto* query = std::get_if<plan::MetricsQuery>(&asked.what);
  return query == nullptr ? "" : query->source;
}

core::Duration pause_of(const Facts::Asked& asked) {
  if (is_query(asked)) return core::Duration{0};
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
  if (is_query(asked)) return metrics_answer(response);
  if (!response) return plan::Unreachable{response.error().message};
  const bool object = std::holds_alternative<plan::ObjectByName>(asked.what);
  if (object && response->status == 404) return plan::Found{};
  if (!kube::verbs::succeeded(*response)) return plan::Unreachable{kube::verbs::error_of(*response).message};
  if (response->body.size() > kLargestAnswer) return plan::Unreachable{"the answer is larger than 1 MiB"};
  auto parsed = json::parse(response->body);
  if (!parsed) return plan::Unreachable{parsed.error().message};
  return object ? object_of(std::move(*parsed)) : sentence_of(*parsed);
}

}  // namespace

kube::Request Facts::request(const Asked& asked) const {
  if (const auto* query = std::get_if<plan::MetricsQuery>(&asked.what)) return metrics_request(query->text, find(asked)->asked_at);
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

Facts::Lane* Facts::lane_of(const Asked& asked) {
  const auto it = lanes_.find(lane_name(asked));
  return it == lanes_.end() ? nullptr : &it->second;
}

const Facts::Entry* Facts::find(const Asked& asked) const {
  const auto lane = lanes_.find(lane_name(asked));
  if (lane == lanes_.end()) return nullptr;
  const auto entry = lane->second.entries.find(asked);
  return entry == lane->second.entries.end() ? nullptr : &entry->second;
}

std::size_t Facts::in_flight(const std::string& source) const {
  const auto lane = lanes_.find(source);
  return lane == lanes_.end() ? 0 : lane->second.in_flight;
}

void Facts::ask(const Who& who, const std::vector<plan::Question>& questions) {
  const std::vector<Asked> before = std::exchange(of_[who], {});
  for (const Asked& asked : before) {
    if (Lane* lane = lane_of(asked); lane != nullptr && lane->entries.contains(asked)) lane->entries.at(asked).who.erase(who);
  }
  for (const plan::Question& question : questions) {
    Asked asked{ns_of(who, question), question.what};
    Lane& lane = lanes_[lane_name(asked)];
    if (!lane.entries.contains(asked) && lane.entries.size() >= kMost) continue;
    core::Instant& at = lane.entries[asked].who.try_emplace(who, question.at).first->second;
    at = std::max(at, question.at);
    of_[who].push_back(std::move(asked));
  }
  for (const Asked& asked : before) {
    Lane* lane = lane_of(asked);
    const auto entry = lane->entries.find(asked);
    if (entry != lane->entries.end() && entry->second.who.empty() && !entry->second.in_flight) lane->entries.erase(entry);
  }
  if (of_[who].empty()) of_.erase(who);
}

// The earliest instant somebody wants an answer of, when the last answer is older.
std::optional<core::Instant> Facts::wanted(const Entry& entry) {
  if (entry.in_flight || entry.who.empty()) return std::nullopt;
  std::optional<core::Instant> out;
  for (const auto& [who, at] : entry.who) {
    const bool open = !entry.answered || at > entry.asked_at;
    if (open && (!out || at < *out)) out = at;
  }
  return out;
}

// When it is to be asked. The wall clock has whole seconds, so that an instant that has come is due at once.
std::optional<core::Ticks> Facts::due(const Entry& entry, core::Now now) {
  const auto at = wanted(entry);
  if (!at) return std::nullopt;
  return std::max(entry.not_before, now.mono + std::chrono::duration_cast<core::Ticks>(*at - now.wall));
}

// Who waits longest, and may be asked now.
Facts::Entry* Facts::take(Lane& lane, bool queries, core::Now now, Asked& out) {
  if (lane.in_flight >= (queries ? kQueriesInFlight : kInFlight)) return nullptr;
  if (queries && lane.spent + kPace > now.mono + kBurst * kPace) return nullptr;
  Entry* first = nullptr;
  core::Ticks since{};
  for (auto& [asked, entry] : lane.entries) {
    const auto at = due(entry, now);
    if (!at || *at > now.mono || (first != nullptr && *at >= since)) continue;
    first = &entry;
    since = *at;
    out = asked;
  }
  return first;
}

std::optional<Facts::Asked> Facts::next(core::Now now) {
  for (auto& [name, lane] : lanes_) {
    Asked asked;
    Entry* entry = take(lane, !name.empty(), now, asked);
    if (entry == nullptr) continue;
    entry->asked_at = *wanted(*entry);
    entry->in_flight = true;
    for (const auto& [who, also] : entry->who) {
      if (also <= now.wall) entry->asked_at = std::max(entry->asked_at, also);
    }
    ++lane.in_flight;
    lane.spent = std::max(lane.spent, now.mono) + kPace;
    return asked;
  }
  return std::nullopt;
}

std::set<Who> Facts::answered(const Asked& asked, const core::Result<kube::Response>& response, core::Now now) {
  Lane* lane = lane_of(asked);
  MILLRACE_CHECK(lane != nullptr && lane->entries.contains(asked) && lane->entries.at(asked).in_flight);
  Entry& entry = lane->entries.at(asked);
  entry.in_flight = false;
  --lane->in_flight;
  plan::Answer answer = answer_of(asked, response);
  entry.answered = !std::holds_alternative<plan::Unreachable>(answer);
  entry.failures = entry.answered ? 0 : entry.failures + 1;
  const core::Duration cap = is_query(asked) ? kQueryCap : kCap;
  entry.not_before = now.mono + (entry.answered ? pause_of(asked) : core::backoff(kFirst, cap, entry.failures - 1));
  const bool known = entry.fact && !std::holds_alternative<plan::Unreachable>(entry.fact->answer);
  if (entry.answered || !known || is_query(asked)) {
    entry.fact = plan::Fact{.question = {asked.what, entry.asked_at}, .answer = std::move(answer), .answered = now.wall};
  }
  std::set<Who> out;
  for (const auto& [who, at] : entry.who) out.insert(who);
  if (out.empty()) lane->entries.erase(asked);
  return out;
}

std::vector<plan::Fact> Facts::of(const Who& who) const {
  std::vector<plan::Fact> out;
  const auto it = of_.find(who);
  if (it == of_.end()) return out;
  for (const Asked& asked : it->second) {
    if (const Entry* entry = find(asked); entry != nullptr && entry->fact) out.push_back(*entry->fact);
  }
  return out;
}

std::optional<core::Ticks> Facts::wake(core::Now now) const {
  std::optional<core::Ticks> out;
  for (const auto& [name, lane] : lanes_) {
    if (lane.in_flight >= (name.empty() ? kInFlight : kQueriesInFlight)) continue;  // an answer wakes us
    const core::Ticks paced = name.empty() ? core::Ticks{} : lane.spent + kPace - kBurst * kPace;
    for (const auto& [asked, entry] : lane.entries) {
      const auto at = due(entry, now);
      if (at) out = std::min(out.value_or(core::Ticks::max()), std::max(*at, paced));
    }
  }
  return out;
}

}  // namespace millrace::engine
