// Chapter: the inputs were trained on before. The version of that time answers the spec, and nothing runs (D11).
#include "training_job/cache.h"
#include "training_job/draft.h"

namespace millrace::training_job {
namespace {

using shared::Situation;
namespace reason = shared::reason;

// A change of spec.run asks for a run now, whatever was trained before.
bool is_forced(const Draft& d) {
  const CacheStatus& cache = d.status.cache;
  return d.spec.run != (cache.asked.empty() ? d.status.run.requested : cache.requested);
}

}  // namespace

bool is_cached(const Draft& d) { return !d.status.cache.asked.empty() && d.status.cache.asked == d.asked; }

bool reuse(Draft& d, const std::string& input_hash) {
  if (is_forced(d)) return false;
  const auto* version = find_cached(d.spec, d.status.data, input_hash, d.seen.versions, d.seen.now);
  if (version == nullptr) return false;
  const bool good = version->status.phase == "Ready";
  const std::string_view result = good ? reason::kCacheHit : reason::kKnownBad;
  const std::string name = version->meta.name;
  d.status.cache = {.asked = d.asked,
                    .requested = d.spec.run,
                    .input_hash = input_hash,
                    .version = name,
                    .result = std::string(result),
                    .message = name + " was trained on the same inputs" + (good ? "" : " and is " + version->status.phase) +
                               "; change spec.run to train in spite of it"};
  if (good) d.status.model_version = name;
  d.remember(result, d.status.cache.message);
  return true;
}

void rest_on_cache(Draft& d) {
  const CacheStatus& cache = d.status.cache;
  const bool good = cache.result == reason::kCacheHit;
  d.tell(Phase::Succeeded, good ? Situation::Done : Situation::Failed, cache.result, cache.message);
  // Whether a trigger or an edit asked is told by what was asked for, not by how the newest run began.
  if (!good) d.situation = cache.asked == d.run().asked ? Situation::FailedByItself : Situation::Failed;
}

}  // namespace millrace::training_job
