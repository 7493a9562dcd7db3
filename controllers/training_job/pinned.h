// Pinned: what a run promised when it began, and what its attempts had met so far, as an annotation of its Job, so that neither an edit of
// the spec nor a wiped status changes what its ModelVersion says (D3, D21).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "training_job/api/training_job.h"

namespace millrace::training_job {

inline constexpr std::string_view kPinnedAnnotation = "millrace.dev/pinned";
inline constexpr std::string_view kAskedAnnotation = "millrace.dev/asked";  // asked_hash, on resolver Jobs, run Jobs and ModelVersions

struct Pinned {
  std::string model{}, format{}, trigger{};
  std::string store{}, secret_name{};      // store_uri(output.store), and its Secret
  json::StringMap parameters{}, images{};  // images: container → reference as written
  std::vector<DataStatus> data{};
  std::optional<CodeStatus> code{};
  std::vector<model_version::Gate> gates{};
  std::optional<model_version::Evaluation> evaluation{};
  std::optional<model_version::Registry> registry{};
  model_version::ApprovalPolicy approval = model_version::ApprovalPolicy::Automatic;
  std::int64_t counted = 0, disruptions = 0, data_changes = 0;  // failed attempts before this one
  std::string memory{};                                         // as in RunStatus
  json::StringMap image_ids{};                                  // of what was prepared once: container → image that ran
  std::string reports{};                     // reports_mark of the operator that made the Job; empty: its pod cannot tell of progress
  std::optional<PreparedStatus> prepared{};  // as in RunStatus
  std::vector<std::string> report{};         // metrics that publish tells
  static const json::Schema schema;
  bool operator==(const Pinned&) const = default;
};

Pinned pin(const Spec& spec, const Status& status);  // its data and code
std::string to_text(const Pinned& pinned);
std::optional<Pinned> read_pinned(const kube::ObjectMeta& job);

}  // namespace millrace::training_job
