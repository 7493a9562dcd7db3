#include "inference_service/intents.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/text.h"
#include "inference_service/machine.h"
#include "inference_service/memory.h"
#include "json/codec.h"

namespace millrace::inference_service {
namespace {

struct VerbName {
  Verb verb;
  std::string_view name;
};
constexpr VerbName kVerbs[] = {{Verb::Promote, "promote"}, {Verb::PromoteFull, "promote-full"}, {Verb::Abort, "abort"},
                               {Verb::Retry, "retry"},     {Verb::Rollback, "rollback"},        {Verb::Pause, "pause"},
                               {Verb::Resume, "resume"}};
constexpr std::string_view kForm = "<verb> <version> [step=<n>] id=<token> at=<RFC 3339> by=<user>";
constexpr std::size_t kMostBytes = 512;

std::string verbs() {
  std::string out;
  for (const VerbName& v : kVerbs) out += (out.empty() ? "" : ", ") + std::string(v.name);
  return out;
}

void read_member(std::string_view name, std::string_view value, Intent& out) {
  if (name == "id") {
    out.id = core::one_token(value, 64);
  } else if (name == "by") {
    out.by = core::one_token(value, 128);
  } else if (name == "at") {
    const auto at = core::parse_rfc3339(value);
    if (!at) out.wrong = "at=" + core::one_token(value, 40) + " is no time such as 2026-01-31T12:00:00Z";
    out.at = at.value_or(core::Instant{});
  } else if (name == "step") {
    const auto end = std::from_chars(value.data(), value.data() + value.size(), out.step);
    if (end.ec != std::errc() || end.ptr != value.data() + value.size() || out.step < 1) out.wrong = "step must be a number from 1";
  } else {
    out.wrong = core::one_token(name, 40) + " is not known; the form is " + std::string(kForm);
  }
}

}  // namespace

std::optional<Intent> parse_intent(std::string_view annotation) {
  if (annotation.empty()) return std::nullopt;
  Intent out;
  std::size_t place = 0;
  for (std::string_view word : core::split(annotation.substr(0, kMostBytes), ' ')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    if (equals != std::string_view::npos) {
      read_member(word.substr(0, equals), word.substr(equals + 1), out);
    } else if (place == 0) {
      out.word = core::one_token(word, 40);
    } else if (place == 1) {
      out.version = core::one_token(word, 60);
    }
    place += equals == std::string_view::npos ? 1 : 0;
  }
  const auto verb = std::find_if(std::begin(kVerbs), std::end(kVerbs), [&](const VerbName& v) { return v.name == out.word; });
  if (verb == std::end(kVerbs)) {
    out.wrong = "\"" + out.word + "\" is no verb; verbs: " + verbs();
  } else {
    out.verb = verb->verb;
  }
  if (out.wrong.empty() && (place != 2 || out.id.empty() || out.at == core::Instant{})) out.wrong = "the form is " + std::string(kForm);
  if (out.id.empty()) out.id = json::hash(json::Value(std::string(annotation))).substr(3, 12);
  return out;
}

// -- what each verb does: a sentence that says what became of it; Refused when `done` is false

namespace {

struct Outcome {
  bool done = true;
  std::string message{};
};

Outcome refused(std::string message) { return {false, std::move(message)}; }

std::string about_whom(const Status& s) {
  if (s.canary) return s.canary->version + " is on its way in";
  if (s.stable && s.stable->bake_until) return s.stable->version + " bakes";
  return "no rollout goes on";
}

}  // namespace

void Machine::hear() {
  const auto intent = parse_intent(seen.service.meta.annotation(kIntentAnnotation));
  if (!intent || intent->id == read_memory(seen.entry.get()).intent) return;
  const auto known = [&](const IntentStatus& done) { return done.id == intent->id; };
  if (std::any_of(s.intents.begin(), s.intents.end(), known)) return;
  IntentStatus entry{
      .id = intent->id, .verb = intent->word, .version = intent->version, .step = intent->step, .by = intent->by, .at = now()};
  if (!intent->wrong.empty()) {
    entry.outcome = "Refused", entry.message = intent->wrong;
  } else if (now() - intent->at > kIntentLife) {
    entry.outcome = "Expired", entry.message = "it was said at " + core::to_rfc3339(intent->at) + "; a word holds for an hour";
  } else {
    std::string message;
    entry.outcome = obey(*intent, message) ? "Done" : "Refused";
    entry.message = core::cut(message, 400);
  }
  note(entry.outcome == "Done" ? "Intent" : "Intent" + entry.outcome,
       intent->word + " " + intent->version + (intent->by.empty() ? "" : " by " + intent->by) + ": " + entry.message);
  s.intents.push_back(std::move(entry));
  if (s.intents.size() > kIntentsKept) s.intents.erase(s.intents.begin());
}

bool Machine::obey(const Intent& intent, std::string& message) {
  Outcome out;
  switch (intent.verb) {
    case Verb::Promote:
    case Verb::PromoteFull:
      out.done = let_go_on(intent, out.message);
      break;
    case Verb::Abort:
      out.done = abort(intent, out.message);
      break;
    case Verb::Retry:
      out.done = retry(intent, out.message);
      break;
    case Verb::Rollback:
      out.done = roll_back_to(intent, out.message);
      break;
    case Verb::Pause:
      s.paused = PausedStatus{intent.id, intent.by, now()};
      out.message = "rollouts stand still until resume";
      break;
    case Verb::Resume:
      out = s.paused ? Outcome{true, "rollouts go on"} : refused("nothing is paused by a word; spec.rollout.paused is the spec's");
      s.paused.reset();
      break;
  }
  message = std::move(out.message);
  return out.done;
}

bool Machine::let_go_on(const Intent& intent, std::string& message) {
  if (!s.canary && s.stable && s.stable->bake_until && s.stable->version == intent.version) {
    s.stable->bake_until = now();
    s.rules.reset();
    message = "its bake ends";
    return true;
  }
  if (!s.canary || s.canary->version != intent.version) {
    message = about_whom(s) + ", not " + intent.version;
    return false;
  }
  CanaryStatus& canary = *s.canary;
  if (intent.step != 0 && intent.step != canary.step + 1) {
    message = "step " + std::to_string(canary.step + 1) + " of " + std::to_string(canary.steps.size()) + " is the one that waits";
    return false;
  }
  const auto steps = static_cast<std::int64_t>(canary.steps.size());
  canary.released = intent.verb == Verb::PromoteFull ? steps : canary.step + 1;
  canary.hold.reset();
  if (intent.verb == Verb::PromoteFull && canary.step + 1 < steps) enter_step(canary, steps - 1);
  message = intent.verb == Verb::PromoteFull ? "it goes to all requests" : "step " + std::to_string(canary.step + 1) + " goes on";
  return true;
}

bool Machine::abort(const Intent& intent, std::string& message) {
  const shared::Cause cause{.reason = "Aborted", .message = "aborted by " + (intent.by.empty() ? std::string("a person") : intent.by)};
  if (s.canary && s.canary->version == intent.version) {
    fail_canary(cause);
  } else if (s.stable && s.stable->bake_until && s.stable->version == intent.version) {
    if (!take_back(cause)) {
      message = "nobody else is warm; rollback names the version that should serve";
      return false;
    }
  } else {
    message = about_whom(s) + ", not " + intent.version;
    return false;
  }
  message = intent.version + " leaves; it is not tried again before retry";
  return true;
}

bool Machine::retry(const Intent& intent, std::string& message) {
  const std::size_t before = s.refused.size();
  std::set<std::string> bytes;  // the same ones may have been refused under another name
  for (const RefusedStatus& r : s.refused) {
    if (r.version == intent.version) bytes.insert(r.revision);
  }
  std::erase_if(s.refused, [&](const RefusedStatus& r) { return bytes.contains(r.revision); });
  const bool deferred = s.deferred && s.deferred->version == intent.version;
  if (deferred) s.deferred.reset();
  if (s.refused.size() == before && !deferred) {
    message = intent.version + " was not refused";
    return false;
  }
  s.rollback.reset();
  message = intent.version + " may be tried again";
  return true;
}

// Everybody newer than the wanted one is refused by the person's word; a warm one takes over at once, a cold one by one step.
bool Machine::roll_back_to(const Intent& intent, std::string& message) {
  const auto* version = find_version(seen, intent.version);
  if (version == nullptr || version->status.phase != "Ready") {
    message = "ModelVersion " + intent.version + (version == nullptr ? " does not exist" : " is " + version->status.phase);
    return false;
  }
  if (s.canary && s.canary->version == intent.version) {
    message = intent.version + " is on its way in; promote-full lets it go on";
    return false;
  }
  if (s.stable && s.stable->version == intent.version && !s.canary) {
    message = intent.version + " serves already";
    return false;
  }
  const shared::Cause cause{.reason = "RolledBackByPerson",
                            .message = "rolled back to " + intent.version + (intent.by.empty() ? "" : " by " + intent.by)};
  std::int64_t above = 0;
  for (const auto& v : seen.versions) above = std::max(above, v->spec.version);
  s.rollback = RollbackStatus{.version = intent.version, .by = intent.by, .above = above, .pinned = spec().version.name, .at = now()};
  std::erase_if(s.refused, [&](const RefusedStatus& r) { return r.version == intent.version; });
  if (s.canary) fail_canary(cause);
  if (s.stable && s.stable->version != intent.version) {
    const StableStatus failed = *s.stable;
    const bool warm = hand_back_to(intent.version, kRolledBack);
    refuse(failed.version, failed.revision, cause);
    s.rules.reset();
    if (warm) s.last_good = GoodStatus{s.stable->version, s.stable->revision, now()};
    if (warm) note("RolledBack", failed.version + " makes way: " + cause.message + "; it is warm and serves at once");
  }
  s.result = "RolledBack";
  message = intent.version + " serves until a newer version comes or the spec names another";
  return true;
}

}  // namespace millrace::inference_service
