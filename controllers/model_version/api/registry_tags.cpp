#include "model_version/api/model_version.h"

namespace millrace::model_version {

json::StringMap registry_tags(const Provenance& provenance) {
  json::StringMap out{{"millrace.dev/training-job", provenance.training_job},
                      {"millrace.dev/run", std::to_string(provenance.run)},
                      {"millrace.dev/input-hash", provenance.input_hash}};
  for (const DataProvenance& d : provenance.data) {
    out["millrace.dev/data." + d.name] = d.identity;
    if (!d.commit.empty()) out["millrace.dev/commit." + d.name] = d.commit;
  }
  if (provenance.code) {
    out["mlflow.source.git.repoURL"] = provenance.code->repo;
    out["mlflow.source.git.commit"] = provenance.code->commit;
  }
  return out;
}

}  // namespace millrace::model_version
