#include "model_version/api/model_version.h"

namespace millrace::model_version {

namespace {

void add(json::StringMap& out, std::string name, const std::string& text) {
  if (!text.empty()) out.insert_or_assign(std::move(name), text);
}

}  // namespace

json::StringMap registry_tags(const Provenance* provenance, const json::StringMap& more) {
  json::StringMap out;
  for (const auto& [name, text] : more) add(out, name, text);
  if (provenance == nullptr) return out;
  add(out, "millrace.dev/training-job", provenance->training_job);
  add(out, "millrace.dev/run", std::to_string(provenance->run));
  add(out, "millrace.dev/input-hash", provenance->input_hash);
  for (const DataProvenance& d : provenance->data) {
    add(out, "millrace.dev/data." + d.name, d.identity);
    add(out, "millrace.dev/commit." + d.name, d.commit);
  }
  if (provenance->code) {
    add(out, "mlflow.source.git.repoURL", provenance->code->repo);
    add(out, "mlflow.source.git.commit", provenance->code->commit);
  }
  return out;
}

}  // namespace millrace::model_version
