// Judges the Job of one attempt: does it wait, train, has it succeeded or failed, of what. Causes come from the pods while they exist,
// else from the Job's condition (D20).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/model/workloads.h"
#include "plan/plan.h"
#include "shared/blame.h"
#include "shared/progress.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

struct Published {  // what publish reported, and what its pod tells of the run
  std::string digest{};
  std::int64_t size = 0;
  json::StringMap metrics{};
  json::StringMap read{};    // source → digest of the bytes that fetch read
  json::StringMap images{};  // container → image that really ran
  bool operator==(const Published&) const = default;
};

struct Judgement {
  enum class State { Preparing, Training, Succeeded, Lost, Failed };  // Lost: it succeeded, but what it published is not told
  State state = State::Preparing;
  bool started = false;                     // a container of its pod runs or ran
  std::optional<core::Instant> train_at{};  // when train started
  std::optional<Published> published{};     // Succeeded
  std::optional<shared::Cause> cause{};     // Failed: why; else what hinders
  bool final = false;                       // Failed: another attempt would not help (a deadline)
  bool unknown = false;                     // as shared::Progress
  std::string pod{};
  json::StringMap images{};  // Failed: container → image that ran
  std::optional<core::Instant> wake{};
  std::optional<plan::Question> question{};
};

// `train_at`: when train started, if that was seen before: a pod that is taken away is gone before its Job has failed.
Judgement judge(const kube::Job& job, const shared::Pods& pods, const Deadlines& deadlines, const std::vector<plan::Fact>& facts,
                core::Instant now, std::optional<core::Instant> train_at = {});

// What publish, or a recover Job after it, says in its termination message; nullopt: it does not parse.
std::optional<Published> parse_published(const std::string& message);

// What fetch read, by source; nullopt: no pod is left that tells.
std::optional<json::StringMap> read_by_fetch(const shared::Pods& pods);
json::StringMap images_of(const kube::Pod& pod);  // container → image that really ran

// When the Job ended: its condition Complete or Failed.
std::optional<core::Instant> ended_at(const kube::Job& job);

}  // namespace millrace::training_job
