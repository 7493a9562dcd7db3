#include "reports/intake.h"

#include <algorithm>

#include "core/hash.h"
#include "core/text.h"
#include "kube/client/verbs.h"
#include "shared/labels.h"
#include "training_job/api/training_job.h"
#include "training_job/numbering.h"
#include "training_job/progress.h"

namespace millrace::reports {
namespace {

using endpoints::Page;

constexpr std::string_view kPath = "/v1/progress/";
constexpr std::size_t kLongestRun = 100, kLongestToken = 4096;
constexpr core::Duration kReview{5'000};

Page says(int status, std::string sentence) { return {.status = status, .body = std::move(sentence) + "\n"}; }

// "<uid>-<number>"; "" for anything else.
std::string run_id_of(std::string_view target) {
  if (!target.starts_with(kPath)) return {};
  const std::string_view id = target.substr(kPath.size());
  const bool plain = id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  return plain && id.size() <= kLongestRun ? std::string(id) : std::string();
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kLongestToken && std::count(text.begin(), text.end(), '.') == 2;
}

std::string extra(const json::Value& user, std::string_view name) {
  const json::Value* values = user.at({"extra", name});
  if (values == nullptr || values->array() == nullptr || values->array()->size() != 1) return {};
  const std::string* text = values->array()->front().text();
  return text ? *text : std::string();
}

bool names(const json::Value* list, const std::string& what) {
  if (list == nullptr || list->array() == nullptr) return false;
  return std::any_of(list->array()->begin(), list->array()->end(), [&](const json::Value& v) { return v.text() && *v.text() == what; });
}

}  // namespace

std::optional<Intake::Bearer> Intake::read(const json::Value& review, const std::string& audience) {
  const json::Value* good = review.at({"status", "authenticated"});
  const json::Value* user = review.at({"status", "user"});
  // A server that knows no audiences would take a token that is meant for somebody else.
  if (!good || good->boolean() != true || !user || !names(review.at({"status", "audiences"}), audience)) return std::nullopt;
  const std::string name = user->text_at({"username"});
  const auto parts = core::split(name, ':');
  if (parts.size() != 4 || parts[0] != "system" || parts[1] != "serviceaccount") return std::nullopt;
  Bearer out{.ns = std::string(parts[2]),
             .pod = extra(*user, "authentication.kubernetes.io/pod-name"),
             .uid = extra(*user, "authentication.kubernetes.io/pod-uid")};
  return out.pod.empty() || out.uid.empty() ? std::nullopt : std::optional(out);
}

void Intake::remember(const std::string& key, std::optional<Bearer> bearer) {
  const core::Ticks now = around_.now();
  if (verdicts_.size() >= kMostVerdicts) std::erase_if(verdicts_, [&](const auto& v) { return v.second.until <= now; });
  if (verdicts_.size() >= kMostVerdicts) verdicts_.clear();
  const core::Ticks until = now + (bearer ? kTrusted : kRefused);
  verdicts_[key] = {.bearer = std::move(bearer), .until = until};
}

core::Result<std::optional<Intake::Bearer>> Intake::bearer(const std::string& token, const std::string& run) {
  const std::string audience = "millrace.dev/run/" + run;
  const std::string key = core::sha256_hex(token + "\n" + audience);
  if (const auto known = verdicts_.find(key); known != verdicts_.end() && around_.now() < known->second.until) return known->second.bearer;
  const json::Value review = json::Object{{"apiVersion", kube::api_version(kTokenReview)},
                                          {"kind", kTokenReview.kind},
                                          {"spec", json::Object{{"token", token}, {"audiences", json::Array{audience}}}}};
  kube::Request request = kube::verbs::create(kTokenReview, "", review);
  request.deadline = kReview;
  const auto answer = calls_.send(request, {});
  if (!answer) return answer.error();
  if (!kube::verbs::succeeded(*answer)) return kube::verbs::error_of(*answer);
  const auto body = json::parse(answer->body);
  auto out = body ? read(*body, audience) : std::nullopt;
  remember(key, out);
  return out;
}

// Owner references, not labels alone: who may label a pod in a namespace is not who may tell of another's run.
std::optional<Intake::Run> Intake::run_of(const Bearer& bearer) const {
  const auto pod = around_.pod({bearer.ns, bearer.pod});
  if (!pod || pod->meta.uid != bearer.uid) return std::nullopt;
  const kube::OwnerReference* by = pod->meta.controller();
  const auto job = by && by->kind == "Job" ? around_.job({bearer.ns, by->name}) : nullptr;
  if (!job || job->meta.uid != by->uid) return std::nullopt;
  const kube::OwnerReference* owner = job->meta.controller();
  if (!owner || owner->kind != kube::resources::kTrainingJob.kind) return std::nullopt;
  return Run{.training_job = {bearer.ns, owner->name},
             .uid = owner->uid,
             .number = training_job::number_label(job->meta, shared::kRunLabel),
             .attempt = training_job::number_label(job->meta, shared::kAttemptLabel)};
}

Page Intake::hear(const endpoints::Posted& posted) {
  const std::string run = run_id_of(posted.target);
  if (run.empty()) return says(404, "not found");
  if (!around_.leads()) return says(503, "this process does not lead");
  if (!is_token(posted.token)) return says(401, "a token is missing");
  const auto who = bearer(posted.token, run);
  if (!who) return says(503, "the token cannot be judged now");
  if (!*who) return says(401, "the token is not one of a pod for this run");
  const auto of = run_of(**who);
  if (!of || of->number == 0 || of->uid + "-" + std::to_string(of->number) != run) return says(403, "the pod is none of this run");
  const auto report = training_job::parse_report(posted.body);
  if (!report) return says(400, core::one_token(report.error().message, 180));
  around_.tell({.kind = &kube::resources::kTrainingJob,
                .key = of->training_job,
                .uid = of->uid,
                .what = training_job::told(*report, of->number, of->attempt)});
  return {.status = 204};
}

}  // namespace millrace::reports
