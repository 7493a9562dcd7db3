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
constexpr std::string_view kForm = "<verb> [<version>] [step=<n>] id=<token> at=<RFC 3339> by=<user>";
constexpr std::size_t kMostBytes = 512;

// It is about the service, whichever version is on its way.
bool is_of_service(Verb verb) { return verb == Verb::Pause || verb == Verb::Resume; }

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
  const bool whole = place == 2 || (place == 1 && is_of_service(out.verb));
  if (out.wrong.empty() && (!whole || out.id.empty() || out.at == core::Instant{})) out.wrong = "the form is " + std::string(kForm);
  if (out.id.empty()) out.id = json::hash(json::Value(std::string(annotation))).substr(3, 12);
  return out;
}

// -- what each verb does: a sentence that says what became of it; Refused when `done` is false

namespace {

Outcome done(std::string message) { return {true, std::move(message)}; }
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
  const auto answer = [&](std::string_view outcome, std::string message) { entry.outcome = outcome, entry.message = std::move(message); };
  if (!intent->wrong.empty()) {
    answer("Refused", intent->wrong);
  } else if (now() - intent->at > kIntentLife) {
    answer("Expired", "it was said at " + core::to_rfc3339(intent->at) + "; a word holds for an hour");
  } else {
    const Outcome out = obey(*intent);
    answer(out.done ? "Done" : "Refused", core::cut(out.message, 400));
  }
  note(entry.outcome == "Done" ? "Intent" : "Intent" + entry.outcome,
       intent->word + (intent->version.empty() ? "" : " " + intent->version) + (intent->by.empty() ? "" : " by " + intent->by) + ": " +
           entry.message);
  s.intents.push_back(std::move(entry));
  if (s.intents.size() > kIntentsKept) s.intents.erase(s.intents.begin());
}

Outcome Machine::obey(const Intent& intent) {
  switch (intent.verb) {
    case Verb::Promote:
    case Verb::PromoteFull:
      return let_go_on(intent);
    case Verb::Abort:
      return abort(intent);
    case Verb::Retry:
      return retry(intent);
    case Verb::Rollback:
      return roll_back_to(intent);
    case Verb::Pause:
      return pause(intent);
    case Verb::Resume:
      return resume();
  }
  return refused("not known");
}

Outcome Machine::pause(const Intent& intent) {
  s.paused = PausedStatus{intent.id, intent.by, now()};
  return done("rollouts stand still until resume");
}

Outcome Machine::resume() {
  if (!s.paused) return refused("nothing is paused by a word; spec.rollout.paused is the spec's");
  s.paused.reset();
  return done("rollouts go on");
}

Outcome Machine::let_go_on(const Intent& intent) {
  if (!s.canary && s.stable && s.stable->bake_until && s.stable->version == intent.version) {
    s.stable->bake_until = now();
    s.stable->hold.reset();
    s.rules.reset();
    return done("its bake ends");
  }
  if (!s.canary || s.canary->version != intent.version) return refused(about_whom(s) + ", not " + intent.version);
  CanaryStatus& canary = *s.canary;
  const std::string step = "step " + std::to_string(canary.step + 1);
  const auto steps = static_cast<std::int64_t>(canary.steps.size());
  if (intent.step != 0 && intent.step != canary.step + 1) {
    return refused(step + " of " + std::to_string(steps) + " is the one that waits");
  }
  canary.hold.reset();
  if (intent.verb == Verb::Promote) {
    canary.released = canary.step + 1;
    return done(step + " goes on");
  }
  canary.released = steps;
  if (canary.step + 1 < steps) enter_step(canary, steps - 1);
  return done("it goes to all requests");
}

Outcome Machine::abort(const Intent& intent) {
  const shared::Cause cause{.reason = "Aborted", .message = "aborted by " + (intent.by.empty() ? std::string("a person") : intent.by)};
  if (s.canary && s.canary->version == intent.version) {
    fail_canary(cause);
  } else if (s.stable && s.stable->bake_until && s.stable->version == intent.version) {
    if (!take_back(cause)) return refused("nobody else is warm; rollback names the version that should serve");
  } else {
    return refused(about_whom(s) + ", not " + intent.version);
  }
  return done(intent.version + " leaves; it is not tried again before retry");
}

// The same bytes may have been refused under another name. False: they were not.
bool Machine::forget_refusals(const std::string& version) {
  std::set<std::string> bytes;
  for (const RefusedStatus& r : s.refused) {
    if (r.version == version) bytes.insert(r.revision);
  }
  return std::erase_if(s.refused, [&](const RefusedStatus& r) { return bytes.contains(r.revision); }) > 0;
}

Outcome Machine::retry(const Intent& intent) {
  const bool forgot = forget_refusals(intent.version);
  const bool deferred = s.deferred && s.deferred->version == intent.version;
  if (!forgot && !deferred) return refused(intent.version + " was not refused");
  if (deferred) s.deferred.reset();
  s.rollback.reset();
  return done(intent.version + " may be tried again");
}

// Who is on its way in and who serves are refused by the person's word; the wanted one takes over at once when it is warm, else by one
// step.
Outcome Machine::roll_back_to(const Intent& intent) {
  const auto* version = find_version(seen, intent.version);
  if (version == nullptr) return refused("ModelVersion " + intent.version + " does not exist");
  if (version->status.phase != "Ready") return refused("ModelVersion " + intent.version + " is " + version->status.phase);
  if (s.canary && s.canary->version == intent.version) return refused(intent.version + " is on its way in; promote-full lets it go on");
  if (s.stable && s.stable->version == intent.version && !s.canary) return refused(intent.version + " serves already");
  const shared::Cause cause{.reason = "RolledBackByPerson",
                            .message = "rolled back to " + intent.version + (intent.by.empty() ? "" : " by " + intent.by)};
  std::int64_t above = 0;
  for (const auto& v : seen.versions) above = std::max(above, v->spec.version);
  s.rollback = RollbackStatus{.version = intent.version, .by = intent.by, .above = above, .pinned = spec().version.name, .at = now()};
  forget_refusals(intent.version);
  if (s.canary) fail_canary(cause);
  if (s.stable && s.stable->version != intent.version) {
    const StableStatus failed = *s.stable;
    const bool warm = hand_back_to(intent.version, kRolledBack);
    refuse(failed.version, failed.revision, cause);
    s.rules.reset();
    if (warm) s.rollback->revision = s.stable->revision;
    if (!warm) s.stable->bake_until.reset(), s.stable->hold.reset();  // it is refused, whatever its bake would say
    if (warm) s.last_good = GoodStatus{s.stable->version, s.stable->revision, now()};
    if (warm) note("RolledBack", failed.version + " makes way: " + cause.message + "; it is warm and serves at once");
  }
  s.result = "RolledBack";
  return done(intent.version + " serves until a newer version comes or the spec names another");
}

}  // namespace millrace::inference_service
