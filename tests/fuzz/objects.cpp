// Documents: JSON, YAML, the three kinds, a kubeconfig.
#include <sys/mman.h>
#include <unistd.h>

#include "inference_service/api/inference_service.h"
#include "json/codec.h"
#include "kube/client/identity.h"
#include "model_version/api/model_version.h"
#include "targets.h"
#include "training_job/api/training_job.h"

namespace millrace::fuzz {
namespace {

constexpr std::size_t kLongestYaml = 1 << 20;

// As the API server hands it out, as the cache holds it, and as a file of a person.
template <class K>
void object(std::string_view bytes) {
  const auto seen = millrace::json::decode<K>(bytes);
  const auto value = millrace::json::parse(bytes);
  if (const auto* spec = value ? value->at({"spec"}) : nullptr) {
    using Spec = decltype(K::spec);
    if (const auto read = millrace::json::decode<Spec>(*spec, millrace::json::Strictness::File)) {
      (void)millrace::json::violations(&*read, Spec::schema, "spec");
    }
  }
  if (!seen) return;
  const auto status = millrace::json::encode(seen->status, millrace::json::Clamp::Yes);
  using Status = decltype(K::status);
  must(millrace::json::decode<Status>(status).has_value(), "a status that was written can be read");
  (void)millrace::json::encode(seen->spec);
}

}  // namespace

void json(std::string_view bytes) {
  const auto value = millrace::json::parse(bytes);
  if (!value) return;
  const std::string text = millrace::json::dump(*value);
  const auto again = millrace::json::parse(text);
  must(again.has_value() && *again == *value, "JSON that was written reads back the same");
}

void objects(std::string_view bytes) {
  Bytes in(bytes);
  switch (in.number(3)) {
    case 0:
      return object<training_job::TrainingJob>(in.rest());
    case 1:
      return object<model_version::ModelVersion>(in.rest());
    default:
      return object<inference_service::InferenceService>(in.rest());
  }
}

void yaml(std::string_view bytes) {
  const auto documents = millrace::json::parse_yaml(bytes);
  if (!documents) return;
  for (const auto& document : *documents) {
    const std::string text = millrace::json::to_yaml(document);
    const auto again = millrace::json::parse_yaml(text);
    must(again.has_value() || text.size() > kLongestYaml, "YAML that was written can be read");
  }
}

void kubeconfig(std::string_view bytes) {
  static const int file = memfd_create("kubeconfig", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  must(ftruncate(file, 0) == 0 && pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
       "a file can be written");
  const auto identity = kube::from_kubeconfig({path}, "");
  must(!identity || !identity->server.empty(), "who has an identity knows the server");
}

}  // namespace millrace::fuzz
