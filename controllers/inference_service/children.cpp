#include "inference_service/children.h"

#include <algorithm>
#include <set>

#include "core/text.h"
#include "inference_service/entry.h"
#include "inference_service/memory.h"
#include "inference_service/route.h"
#include "inference_service/template.h"
#include "kube/model/children.h"
#include "shared/labels.h"

namespace millrace::inference_service {
namespace {

constexpr std::size_t kRevisionsKept = 10;
constexpr std::size_t kEvidence = 200;

kube::Parent parent_of(const InferenceService& service) { return {&kube::resources::kInferenceService, service.meta}; }

json::StringMap labels_of(const InferenceService& service, std::string_view revision, std::string_view version) {
  json::StringMap out = shared::common_labels(service.meta.name, "server");
  out.merge(revision_labels(service, revision));
  out[std::string(shared::kModelVersionLabel)] = kube::label_value(version);
  return out;
}

// What a revision is to the service, and how it did: memory outside status (D21).
json::StringMap memory_of(const Status& status, const std::string& revision, std::string_view role) {
  json::StringMap out{{std::string(shared::kRoleAnnotation), std::string(role)}, {std::string(kVerdictAnnotation), ""}};
  out[std::string(kCourseAnnotation)] = course_text(status, revision);
  std::string& verdict = out[std::string(kVerdictAnnotation)];
  if (status.last_good && status.last_good->revision == revision && status.last_good->at) {
    verdict = "Good@" + core::to_rfc3339(*status.last_good->at);
  }
  for (const RefusedStatus& r : status.refused) {
    if (r.revision == revision) verdict = "Bad@" + core::to_rfc3339(r.at) + " " + r.reason + ": " + core::one_token(r.message, kEvidence);
  }
  return out;
}

struct Wanted {  // one revision that has to exist
  std::string version{}, revision{};
  std::string_view role{};
  std::int64_t replicas = 0;
};

std::vector<Wanted> wanted(const Status& status) {
  std::vector<Wanted> out;
  if (status.stable) out.push_back({status.stable->version, status.stable->revision, "stable", status.stable->replicas});
  if (status.canary) out.push_back({status.canary->version, status.canary->revision, "canary", status.canary->replicas});
  for (const RetiredStatus& r : status.retired) {
    out.push_back({r.version, r.revision, r.reason == "RolledBack" ? "refused" : "retired", r.replicas});
  }
  return out;
}

std::int64_t next_number(const Observed& seen) {
  std::int64_t highest = 0;
  for (const auto& frozen : seen.revisions) highest = std::max(highest, frozen->revision);
  return highest + 1;
}

plan::Child frozen_child(const Observed& seen, const Facts& facts, const Target* target, const Wanted& w, const Status& status) {
  const std::string name = child_name_of(seen.service, w.revision);
  plan::Child out{.kind = &kube::resources::kControllerRevision, .name = name, .own_annotations = memory_of(status, w.revision, w.role)};
  json::StringMap annotations{{std::string(kVersionAnnotation), w.version}};
  if (target != nullptr) annotations[std::string(kCausesAnnotation)] = target->causes;
  if (const auto* v = find_version(seen, w.version)) annotations[std::string(kNumberAnnotation)] = std::to_string(v->spec.version);
  json::Object desired = kube::child_object(kube::resources::kControllerRevision, parent_of(seen.service), name,
                                            labels_of(seen.service, w.revision, w.version), std::move(annotations));
  const kube::ControllerRevision* live = facts.of(w.revision).frozen;
  desired["revision"] = live ? live->revision : next_number(seen);
  if (live == nullptr) desired["data"] = target->data;
  out.desired = std::move(desired);
  return out;
}

plan::Child deployment_child(const Observed& seen, const Wanted& w, json::Value pod) {
  const std::string name = child_name_of(seen.service, w.revision);
  json::Object desired =
      kube::child_object(kube::resources::kDeployment, parent_of(seen.service), name, labels_of(seen.service, w.revision, w.version));
  desired["spec"] = json::Object{{"selector", json::Object{{"matchLabels", revision_labels(seen.service, w.revision)}}},
                                 {"revisionHistoryLimit", 0},
                                 {"template", std::move(pod)}};
  return {.kind = &kube::resources::kDeployment,
          .name = name,
          .keep = plan::Keep::Frozen,
          .desired = std::move(desired),
          .replicas = w.replicas};
}

plan::Child budget_child(const Observed& seen, const Wanted& w) {
  const std::string name = child_name_of(seen.service, w.revision);
  json::Object desired = kube::child_object(kube::resources::kPodDisruptionBudget, parent_of(seen.service), name,
                                            labels_of(seen.service, w.revision, w.version));
  desired["spec"] =
      json::Object{{"maxUnavailable", 1}, {"selector", json::Object{{"matchLabels", revision_labels(seen.service, w.revision)}}}};
  return {.kind = &kube::resources::kPodDisruptionBudget, .name = name, .keep = plan::Keep::Living, .desired = std::move(desired)};
}

// The entry's name may be somebody else's: nothing is half-made before it is ours.
plan::Needed first_entry(const Observed& seen, const Status& status) {
  if (seen.entry || status.stable) return {};
  return {&kube::resources::kService, entries_wanted(seen, status).front()};
}

// A revision that is made in this pass: it needs the entry, and all that follow it in the list need it.
void need(const plan::Needed& entry, std::vector<plan::Child>& children, std::size_t revision) {
  const plan::Needed made{children[revision].kind, children[revision].name};
  for (std::size_t i = revision; i < children.size(); ++i) children[i].needs = i == revision ? entry : made;
}

const Target* target_of(const Choice& choice, const std::string& revision) {
  return choice.target && choice.target->revision == revision ? &*choice.target : nullptr;
}

plan::Deletion deletion(const kube::Resource& kind, const kube::ObjectMeta& meta) {
  return {&kind, meta.name, meta.uid, meta.resource_version};
}

// The Gateways have seen the route as it stands: who is not listed gets nothing.
bool is_unrouted(const Facts& facts) { return !facts.route.exists || facts.route.current; }

// Revisions nobody needs: beyond the newest ten, and not stable, canary, leaving, last good or refused.
void old_revisions(const Observed& seen, const std::set<std::string>& needed, std::vector<plan::Deletion>& out) {
  std::vector<const kube::ControllerRevision*> spare;
  for (const auto& frozen : seen.revisions) {
    if (!needed.contains(frozen->meta.label(shared::kRevisionLabel))) spare.push_back(frozen.get());
  }
  std::sort(spare.begin(), spare.end(), [](auto* a, auto* b) { return a->revision > b->revision; });
  const std::size_t kept = kRevisionsKept > needed.size() ? kRevisionsKept - needed.size() : 0;
  for (std::size_t i = kept; i < spare.size(); ++i) out.push_back(deletion(kube::resources::kControllerRevision, spare[i]->meta));
}

}  // namespace

plan::Child entry_service(const InferenceService& service, const std::string& name, const Pointer& pointer, const std::string& memory) {
  json::StringMap selector{{std::string(shared::kInferenceServiceLabel), kube::label_value(service.meta.name)}};
  if (pointer.to == Pointer::To::Revision) selector[std::string(shared::kRevisionLabel)] = pointer.revision;
  if (pointer.to == Pointer::To::Nothing) selector[std::string(shared::kRevisionLabel)] = kNobody;
  json::StringMap labels = shared::common_labels(service.meta.name, "entry");
  labels[std::string(shared::kInferenceServiceLabel)] = kube::label_value(service.meta.name);
  json::StringMap annotations;
  if (!memory.empty()) annotations[std::string(kMemoryAnnotation)] = memory;
  json::Object desired = kube::child_object(kube::resources::kService, parent_of(service), name, std::move(labels), std::move(annotations));
  desired["spec"] = json::Object{{"type", "ClusterIP"}, {"selector", selector}, {"ports", service_ports()}};
  return {.kind = &kube::resources::kService, .name = name, .keep = plan::Keep::Living, .desired = std::move(desired)};
}

std::vector<plan::Child> children_of(const Observed& seen, const Facts& facts, const Choice& choice, const Status& status) {
  std::vector<plan::Child> out;
  for (const Wanted& w : wanted(status)) {
    const Revision& here = facts.of(w.revision);
    const Target* target = target_of(choice, w.revision);
    if (here.frozen == nullptr && (target == nullptr || target->data.is_null())) continue;  // nothing to make it from
    const std::size_t frozen = out.size();
    out.push_back(frozen_child(seen, facts, target, w, status));
    auto pod = here.frozen ? template_of(*here.frozen) : template_in(target->data);
    if (!pod || (w.replicas == 0 && here.deployment == nullptr)) continue;
    out.push_back(deployment_child(seen, w, std::move(*pod)));
    if (w.replicas >= 2) out.push_back(budget_child(seen, w));
    if (wants_backend(status, facts, w.revision)) out.push_back(backend_service(seen.service, w.revision));
    if (here.frozen == nullptr) need(first_entry(seen, status), out, frozen);
  }
  for (const auto& frozen : seen.revisions) {  // verdicts of those that have left
    const std::string revision = frozen->meta.label(shared::kRevisionLabel);
    const auto known = wanted(status);
    if (std::any_of(known.begin(), known.end(), [&](const Wanted& w) { return w.revision == revision; })) continue;
    const Wanted w{version_of(*frozen), revision, is_refused(status, revision) ? "refused" : "retired"};
    out.push_back(frozen_child(seen, facts, nullptr, w, status));
  }
  return out;
}

std::vector<plan::Deletion> deletes_of(const Observed& seen, const Facts& facts, const Status& status) {
  std::vector<plan::Deletion> out;
  std::set<std::string> needed, sized;
  for (const Wanted& w : wanted(status)) {
    needed.insert(w.revision);
    if (w.replicas >= 2) sized.insert(w.revision);
  }
  for (const auto& [name, revision] : facts.revisions) {
    if (revision.budget != nullptr && !sized.contains(name))
      out.push_back(deletion(kube::resources::kPodDisruptionBudget, revision.budget->meta));
    const auto at = std::find_if(status.retired.begin(), status.retired.end(), [&](const RetiredStatus& r) { return r.revision == name; });
    const bool drained = at == status.retired.end() || at->replicas == 0;
    if (revision.backend != nullptr && drained && !wants_backend(status, facts, name) && is_unrouted(facts)) {
      out.push_back(deletion(kube::resources::kService, revision.backend->meta));
    }
    if (revision.deployment == nullptr || may_receive(facts, name) || revision.backend != nullptr) continue;
    const bool left = at != status.retired.end() && at->replicas == 0 && revision.pods.empty() && revision.deployment->spec.replicas == 0;
    if (left || !needed.contains(name)) out.push_back(deletion(kube::resources::kDeployment, revision.deployment->meta));
  }
  if (status.last_good) needed.insert(status.last_good->revision);
  for (const RefusedStatus& r : status.refused) needed.insert(r.revision);
  old_revisions(seen, needed, out);
  for (const auto& former : former_entries(seen)) out.push_back(deletion(kube::resources::kService, former->meta));
  if (seen.route && (!by_gateway(status) || is_barred(seen.service.spec, facts)))
    out.push_back(deletion(kube::resources::kHttpRoute, seen.route->meta));
  return out;
}

}  // namespace millrace::inference_service
