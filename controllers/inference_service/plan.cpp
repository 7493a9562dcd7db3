#include "inference_service/plan.h"

#include <algorithm>
#include <tuple>

#include "inference_service/children.h"
#include "inference_service/describe.h"
#include "inference_service/entry.h"
#include "inference_service/memory.h"
#include "inference_service/restore.h"
#include "inference_service/rollout.h"
#include "inference_service/route.h"
#include "inference_service/routers/gateway_api/mirror.h"
#include "inference_service/watch.h"
#include "json/codec.h"
#include "shared/labels.h"

namespace millrace::inference_service {
namespace {

std::string first_violation(const InferenceService& service) {
  const auto broken = json::violations(&service.spec, Spec::schema, "spec");
  return broken.empty() ? std::string() : broken.front();
}

// A spec that says nothing sensible moves nothing: who serves goes on serving.
plan::Plan<Status> held(const Observed& seen, const Facts& facts, std::string invalid) {
  const Choice choice;
  const Status before = restored(seen, facts);
  return {.status = described({seen, facts, choice, before, std::nullopt, std::move(invalid), std::nullopt})};
}

// The look that was counted in this pass stays asked until its count is stored: a later pass that begins before that counts the same.
std::optional<Findings> asked_now(const Observed& seen, const Status& next, const std::optional<Findings>& found) {
  const Status& stored = seen.service.status;
  const auto place = [](const Status& s) {
    return std::tuple(s.canary ? s.canary->revision : std::string(), s.canary ? s.canary->step : 0,
                      s.canary   ? s.canary->step_started_at
                      : s.stable ? s.stable->since
                                 : std::nullopt);
  };
  return stored.rules && place(stored) == place(next) ? findings_of(seen, stored) : found;
}

std::vector<plan::Question> questions_of(const Facts& facts, const Status& status, const std::optional<Findings>& found) {
  const std::string asked = status.canary ? status.canary->revision : status.stable ? status.stable->revision : std::string();
  std::vector<plan::Question> out = found ? found->questions : std::vector<plan::Question>{};
  if (const auto& question = facts.of(asked).question) out.push_back(*question);
  return out;
}

std::optional<core::Instant> wake_of(const Observed& seen, const Facts& facts, const Status& status, const std::optional<Findings>& found) {
  auto next = next_instant(seen, status);
  if (found && found->next && (!next || *found->next < *next)) next = found->next;
  for (const auto& [name, revision] : facts.revisions) {
    if (revision.look_again && (!next || *revision.look_again < *next)) next = revision.look_again;
  }
  return next;
}

bool remembers_refusals(const Observed& seen, const Status& status) {
  return std::all_of(seen.revisions.begin(), seen.revisions.end(), [&](const auto& frozen) {
    const std::string revision = frozen->meta.label(shared::kRevisionLabel);
    const auto same = [&](const RefusedStatus& r) { return r.revision == revision; };
    const bool refused = std::any_of(status.refused.begin(), status.refused.end(), same);
    return refused == frozen->meta.annotation(kVerdictAnnotation).starts_with("Bad@");
  });
}

// The entry is written before the revisions: it notes a word as dealt with once they bear what that refused, or forgave. A status that is
// lost in between hears it again.
std::string words_of(const Observed& seen, Status status) {
  if (!remembers_refusals(seen, status)) status.intents.clear();
  return memory_text(status, read_memory(seen.entry.get()));
}

}  // namespace

plan::Plan<Status> plan(const Observed& seen, const shared::Settings& settings) {
  if (seen.service.meta.deleting()) return {};
  const Facts facts = facts_of(seen);
  if (auto invalid = first_violation(seen.service); !invalid.empty()) return held(seen, facts, std::move(invalid));
  constexpr int kMostRounds = 12;  // more decisions than that do not fit between two looks at the world
  Status next = restored(seen, facts);
  Choice choice = choose(seen, next, settings);
  for (int round = 0; round < kMostRounds; ++round) {
    Status after = advance(seen, facts, choice, next);
    if (after == next) break;
    next = std::move(after);
    choice = choose(seen, next, settings);
  }
  const Spec& spec = seen.service.spec;
  const auto found = findings_of(seen, next);
  plan::Plan<Status> out{.status = described({seen, facts, choice, next, shared::trouble(seen.refusals), {}, found})};
  out.wake = wake_of(seen, facts, next, found);
  const Pointer pointer = wanted_pointer(spec, next, facts);
  const std::string memory = words_of(seen, next);
  for (const std::string& name : entries_wanted(seen, next)) out.traffic.push_back(entry_service(seen.service, name, pointer, memory));
  const auto split = seen.gateway_installed && !is_barred(spec, facts) ? wanted_split(spec, next, facts) : std::nullopt;
  if (split) out.traffic.push_back(http_route(seen.service, wanted_parts(spec, next, facts), *split));
  out.children = children_of(seen, facts, choice, next);
  out.deletes = deletes_of(seen, facts, next);
  out.questions = questions_of(facts, next, asked_now(seen, next, found));
  for (plan::Question& question : mirroring_of(seen).questions) out.questions.push_back(std::move(question));
  return out;
}

}  // namespace millrace::inference_service
