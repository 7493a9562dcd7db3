#include "shared/progress.h"

#include <algorithm>

namespace millrace::shared {
namespace {

constexpr auto kSilence = std::chrono::seconds(30);
constexpr auto kEach = std::chrono::seconds(60);

bool has_started(const kube::Pod& pod) {
  for (const auto* list : {&pod.status.init_containers, &pod.status.containers}) {
    for (const kube::ContainerStatus& c : *list) {
      if (c.state.running) return true;
    }
  }
  return false;
}

// Asked 30 s after `since`, then each minute: instants that do not move with the pass.
Progress silent(core::Instant since, decltype(plan::Question::what) what, bool scheduled, const std::vector<plan::Fact>& facts,
                core::Instant now) {
  Progress out;
  const core::Instant first = since + kSilence;
  if (now < first) {
    out.wake = first;
    return out;
  }
  const auto rounds = (now - first) / kEach;
  out.question = plan::Question{.what = what, .at = first + rounds * kEach};
  out.wake = first + (rounds + 1) * kEach;
  const plan::Fact* fact = find_fact(facts, what);
  out.unknown = fact == nullptr || !std::holds_alternative<plan::Sentence>(fact->answer);
  if (!out.unknown) out.hindrance = cause_of(std::get<plan::Sentence>(fact->answer), scheduled);
  return out;
}

bool is_scheduled(const kube::Pod& pod) { return !pod.spec.node_name.empty(); }

}  // namespace

const plan::Fact* find_fact(const std::vector<plan::Fact>& facts, const decltype(plan::Question::what)& what) {
  const auto it = std::find_if(facts.begin(), facts.end(), [&](const plan::Fact& f) { return f.question.what == what; });
  return it == facts.end() ? nullptr : &*it;
}

Pods pods_of(const kube::Job& job, const Pods& all) {
  Pods out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const auto& p) { return p->meta.controlled_by(job.meta.uid); });
  return out;
}

Progress progress(const kube::Pod& pod, const std::vector<plan::Fact>& facts, core::Instant now) {
  if (auto cause = blame(pod, now)) return {.hindrance = std::move(cause)};
  if (has_started(pod) || (pod.status.phase != "Pending" && !pod.status.phase.empty())) return {};
  return silent(pod.meta.created, plan::EventsOf{&kube::Pod::kResource, pod.meta.name, pod.meta.uid}, is_scheduled(pod), facts, now);
}

Progress progress(const kube::Job& job, const Pods& pods, const std::vector<plan::Fact>& facts, core::Instant now) {
  if (pods.empty()) {
    return silent(job.meta.created, plan::EventsOf{&kube::Job::kResource, job.meta.name, job.meta.uid}, true, facts, now);
  }
  std::optional<core::Instant> write_off;
  for (const auto& pod : pods) {
    if (const auto at = written_off_at(*pod); at && *at > now) write_off = at;
    Progress one = progress(*pod, facts, now);
    if (!one.hindrance && !one.wake) continue;
    if (!one.wake) one.wake = write_off;
    return one;
  }
  return {.wake = write_off};
}

}  // namespace millrace::shared
