// Who looks when: a resolver Job looks at the sources of every TrainingJob of its namespace and service account that is due (D12).
// Claims are not shared: one that cannot be mounted would hinder the others.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "kube/model/workloads.h"
#include "shared/places.h"
#include "training_job/api/training_job.h"

namespace millrace::training_job {

using Peers = std::vector<std::shared_ptr<const TrainingJob>>;

inline constexpr std::string_view kCoversAnnotation = "millrace.dev/covers";  // on resolver Jobs: JSON of std::vector<Cover>
inline constexpr std::size_t kMostSources = 16;                               // of one resolver, so that its message holds them

struct Cover {  // one TrainingJob's sources in a resolver's task, in the task's order
  std::string job{}, asked{};
  std::vector<std::string> sources{};
  static const json::Schema schema;
  bool operator==(const Cover&) const = default;
};
std::vector<Cover> covers_of(const kube::ObjectMeta& resolver);
std::string to_text(const std::vector<Cover>& covers);

// The service account that a resolver must have, as a value of label millrace.dev/resolver.
std::string resolver_account(const Spec& spec);

// It has sources, none of them in a claim.
bool is_shared(const Spec& spec);

// The shortest interval of its polled sources; 0: it does not poll.
core::Duration poll_interval(const Spec& spec);
// From here on a poll goes along with a look that somebody else needs.
core::Instant early(core::Instant next_at, core::Duration interval);

// When it needs a look that no resolver does yet; nullopt: it needs none.
std::optional<core::Instant> due_at(const TrainingJob& job);

// Whether `job` should look at the resolvers of others now.
bool is_looking(const TrainingJob& job, core::Instant now);

// What a look of it may leave out of its answer: identities by source, empty for the first look.
json::StringMap known_identities(const TrainingJob& job);

// `job` and those of its peers that are due with it, as many as fit.
Peers batch(const TrainingJob& job, const Peers& peers, core::Instant now);

// Nobody else was due before `job`.
bool is_first(const TrainingJob& job, core::Instant since, const Peers& peers, core::Instant now);

}  // namespace millrace::training_job
