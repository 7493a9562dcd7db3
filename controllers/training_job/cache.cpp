#include "training_job/cache.h"

#include <algorithm>

#include "shared/reasons.h"

namespace millrace::training_job {
namespace {

using model_version::ModelVersion;
namespace reason = shared::reason;

bool has_digest(const std::string& image) { return image.find("@sha256:") != std::string::npos; }

bool is_bad(const ModelVersion& v) { return v.status.phase == "Rejected" || v.status.phase == "Quarantined"; }

std::string digest_of(const std::string& image_id) {
  const auto at = image_id.rfind("@sha256:");
  return at == std::string::npos ? "" : image_id.substr(at + 1);
}

}  // namespace

std::optional<shared::Saying> irreproducible(const Spec& spec, const std::vector<DataStatus>& data) {
  for (const shared::Step* step : {spec.preprocess ? &*spec.preprocess : nullptr, &spec.train, spec.evaluate ? &*spec.evaluate : nullptr}) {
    if (step == nullptr || has_digest(step->image)) continue;
    return shared::Saying{std::string(reason::kMutableTag), "image " + step->image + " has no digest: its tag may name another tomorrow"};
  }
  for (const DataStatus& d : data) {
    if (d.strength != "Weak") continue;
    return shared::Saying{std::string(reason::kWeakData), "data " + d.name + " is known by what its server says of it, not by its bytes"};
  }
  return std::nullopt;
}

const ModelVersion* find_cached(const Spec& spec, const std::vector<DataStatus>& data, const std::string& input_hash,
                                const Versions& versions, core::Instant now) {
  if (!spec.cache.enabled || (!spec.cache.trust_tags && irreproducible(spec, data))) return nullptr;
  const ModelVersion *good = nullptr, *bad = nullptr;
  for (const auto& v : versions) {
    const bool same = v->spec.model == spec.model && v->spec.provenance && v->spec.provenance->input_hash == input_hash;
    if (!same || v->meta.deleting() || now >= v->meta.created + std::chrono::ceil<std::chrono::seconds>(spec.cache.expire_after)) continue;
    const ModelVersion*& best = is_bad(*v) ? bad : good;
    if (!is_bad(*v) && v->status.phase != "Ready") continue;
    if (best == nullptr || v->spec.version > best->spec.version) best = v.get();
  }
  return good ? good : bad;
}

std::string moved_image(const json::StringMap& before, const json::StringMap& now) {
  // The other containers run our image, which is another after an upgrade of the operator.
  for (const char* container : {"preprocess", "train", "evaluate"}) {
    const auto was = before.find(container), is = now.find(container);
    if (was == before.end() || is == now.end()) continue;
    const std::string& id = is->second;
    const std::string old_digest = digest_of(was->second), digest = digest_of(id);
    if (!old_digest.empty() && !digest.empty() && old_digest != digest)
      return "container " + std::string(container) + " ran " + digest + ", an earlier attempt " + old_digest + ": its tag has moved";
  }
  return "";
}

}  // namespace millrace::training_job
