#include "model_version/evaluation.h"

#include <algorithm>

#include "json/value.h"
#include "model_version/children.h"
#include "shared/labels.h"
#include "shared/reasons.h"
#include "shared/tries.h"

namespace millrace::model_version {
namespace {

using State = Evaluating::State;
namespace reason = shared::reason;

std::int64_t number_of(const kube::Job& job) { return shared::number_label(job.meta, shared::kEvaluateLabel); }

bool is_about(const kube::Job& job, const std::optional<Rival>& champion) {
  return job.meta.annotation(kChampionAnnotation) == (champion ? champion->who.digest : std::string());
}

bool is_measured(const std::vector<Measurement>& measured, const std::string& digest) {
  return std::any_of(measured.begin(), measured.end(), [&](const Measurement& m) { return m.digest == digest; });
}

json::StringMap numbers_at(const json::Value& message, std::string_view who) {
  json::StringMap out;
  const json::Value* numbers = message.at({who});
  if (numbers == nullptr || numbers->object() == nullptr) return out;
  for (const auto& [name, value] : numbers->object()->members()) {
    if (value.text() != nullptr && out.size() < kMostMeasured) out[name] = *value.text();
  }
  return out;
}

// What `measure` told; nullopt: nothing, or nothing that can be read.
std::optional<Measurement> told(const shared::Pods& pods, const std::optional<Rival>& champion) {
  const std::string* word = shared::word_of(pods, "measure");
  const auto message = word ? json::parse(*word) : json::Value();
  if (!word || !message || message->at({"challenger"}) == nullptr) return std::nullopt;
  Measurement out{.numbers = numbers_at(*message, "challenger"), .champion_numbers = numbers_at(*message, "champion")};
  if (champion) out.champion = champion->who.version, out.digest = champion->who.digest;
  return out;
}

// The version's own failure: its step, its bytes, its data. What ails the champion is not.
bool is_own(const shared::Cause& cause) {
  return cause.blame == shared::Blame::Version && cause.container != "champion" && cause.container != "fetch-champion";
}

Evaluating running(std::int64_t job, const std::optional<Rival>& champion) {
  return {.state = State::Running,
          .reason = std::string(reason::kEvaluating),
          .message = champion ? "it is measured beside " + champion->who.version : std::string("it is measured"),
          .job = job,
          .champion = champion};
}

Evaluating again_later(const Observed& seen, const kube::Job& job, const std::optional<Rival>& champion, std::string why) {
  const core::Instant at = shared::next_try(job, shared::kEvaluateLabel, seen.now);
  if (at <= seen.now) return running(number_of(job) + 1, champion);
  return {.state = State::Waiting, .reason = std::string(reason::kEvaluationFailed), .message = std::move(why), .retry_at = at};
}

Evaluating failed(const Observed& seen, const kube::Job& job, const shared::Pods& pods, const std::optional<Rival>& champion) {
  const auto cause = shared::blame(pods, seen.now);
  if (cause && is_own(*cause)) return {.state = State::Refused, .reason = cause->reason, .message = cause->message};
  const auto* condition = kube::find(job.status.conditions, "Failed");
  return again_later(seen, job, champion,
                     cause ? cause->message : "the evaluation ended without a word: " + (condition ? condition->message : ""));
}

Evaluating working(const Observed& seen, const kube::Job& job, const shared::Pods& pods, const std::optional<Rival>& champion) {
  Evaluating out = running(number_of(job), champion);
  shared::Progress going = shared::progress(job, pods, seen.facts, seen.now);
  if (going.hindrance) out.reason = going.hindrance->reason, out.message = going.hindrance->message;
  if (going.question) out.questions = {std::move(*going.question)};
  out.look_again = going.wake;
  return out;
}

Evaluating next_step(const Observed& seen, const std::optional<Rival>& champion, std::vector<Measurement>& measured) {
  const kube::Job* job = shared::newest(seen.jobs, shared::kEvaluateLabel);
  if (job == nullptr) return running(1, champion);
  // A Job about another champion has been heard, or is not worth waiting for.
  if (!is_about(*job, champion)) return running(number_of(*job) + 1, champion);
  const auto pods = shared::pods_of(*job, seen.pods);
  if (kube::is_true(job->status.conditions, "Failed")) return failed(seen, *job, pods, champion);
  if (auto numbers = told(pods, champion)) {
    measured.push_back(std::move(*numbers));
    if (measured.size() > kMostMeasurements) measured.erase(measured.begin());
    return {};
  }
  if (kube::is_true(job->status.conditions, "Complete"))
    return again_later(seen, *job, champion, "the evaluation ended and its numbers are lost");
  return working(seen, *job, pods, champion);
}

}  // namespace

Evaluating evaluation_of(const Observed& seen, const std::vector<ServiceFact>& services, const Judged& before) {
  std::vector<Measurement> measured = before.measured;
  Evaluating out;
  if (!seen.version.spec.evaluation) return out;
  std::vector<std::optional<Rival>> missing;
  for (const Rival& rival : rivals_to_meet(seen.version.spec, services, before.gates)) {
    const bool asked = std::any_of(missing.begin(), missing.end(), [&](const auto& m) { return m->who.digest == rival.who.digest; });
    if (!asked && !rival.artifact.uri.empty() && !is_measured(measured, rival.who.digest)) missing.emplace_back(rival);
  }
  if (missing.empty() && measured.empty()) missing.emplace_back(std::nullopt);
  if (!missing.empty()) out = next_step(seen, missing.front(), measured);
  if (out.state == State::Done && missing.size() > 1) out = running(0, missing[1]);  // made in the next pass, once this is written
  out.measured = std::move(measured);
  return out;
}

Numbers numbers_of(const Spec& spec, const std::vector<Measurement>& measured) {
  if (!spec.evaluation) return {.metrics = spec.metrics, .measured = is_of_run(spec)};
  return {.metrics = measured.empty() ? json::StringMap{} : measured.back().numbers, .measured = true};
}

std::vector<ServiceFact> with_measured(std::vector<ServiceFact> services, const std::vector<Measurement>& measured) {
  for (ServiceFact& f : services) {
    for (const Measurement& m : measured) {
      if (!f.rival || m.digest.empty() || m.digest != f.rival->who.digest) continue;
      f.rival->metrics = m.champion_numbers;
      f.rival->measured = true;
    }
  }
  return services;
}

}  // namespace millrace::model_version
