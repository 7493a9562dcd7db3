#include "training_job/api/training_job.h"

namespace millrace::training_job {
namespace {

constexpr json::Field kFields[] = {
    json::field<&TrainingJob::meta>("metadata", "Metadata of the object."),
    json::field<&TrainingJob::spec>("spec", "What is asked for.", {.required = true}),
    json::field<&TrainingJob::status>("status", "What was decided and seen."),
};

}  // namespace

constinit const json::Schema TrainingJob::schema{.doc = "A TrainingJob.", .fields = kFields};

std::string to_text(Phase phase) {
  switch (phase) {
    case Phase::Pending:
      return "Pending";
    case Phase::ResolvingData:
      return "ResolvingData";
    case Phase::Running:
      return "Running";
    case Phase::Retrying:
      return "Retrying";
    case Phase::Succeeded:
      return "Succeeded";
    case Phase::Failed:
      return "Failed";
    case Phase::Suspended:
      return "Suspended";
    case Phase::Invalid:
      return "Invalid";
  }
  return "Pending";
}

}  // namespace millrace::training_job
