#include "app/export.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "app/rbac.h"
#include "inference_service/api/inference_service.h"
#include "json/codec.h"
#include "kinds.h"
#include "model_version/api/model_version.h"
#include "training_job/api/training_job.h"

namespace millrace::app {

namespace {

constexpr const char* kHead = "# Written by `make generate` from the schema tables. Do not edit.\n";

int write(const std::string& folder, const std::string& name, const std::string& text) {
  if (folder.empty()) {
    std::fputs(("---\n" + text).c_str(), stdout);
    return 0;
  }
  std::ofstream out(folder + "/" + name, std::ios::binary);
  out << kHead << text;
  if (out.flush()) return 0;
  std::fprintf(stderr, "millrace: cannot write %s/%s\n", folder.c_str(), name.c_str());
  return 1;
}

template <class Spec>
std::vector<std::string> judged(const json::Value& spec) {
  Spec out;
  if (const auto ok = json::decode_into(&out, Spec::schema, spec, json::Strictness::File); !ok) return {"spec." + ok.error().message};
  return json::violations(&out, Spec::schema, "spec");
}

std::vector<std::string> problems_of(const json::Value& document) {
  const std::string kind = document.text_at({"kind"});
  const json::Value none = json::Object();
  const json::Value* spec = document.at({"spec"});
  if (!document.text_at({"apiVersion"}).starts_with("millrace.dev/")) return {"apiVersion: must be millrace.dev/v1alpha1"};
  if (kind == "TrainingJob") return judged<training_job::Spec>(spec ? *spec : none);
  if (kind == "ModelVersion") return judged<model_version::Spec>(spec ? *spec : none);
  if (kind == "InferenceService") return judged<inference_service::Spec>(spec ? *spec : none);
  return {"kind: \"" + kind + "\" must be one of TrainingJob, ModelVersion, InferenceService"};
}

}  // namespace

int export_crds(const std::string& folder) {
  int code = 0;
  for (const kube::CrdTable& table : kinds()) {
    code |= write(folder, kube::crd_file(*table.resource), json::to_yaml(kube::crd(table)));
  }
  return code;
}

int export_rbac(const std::string& folder) {
  return write(folder, "rbac.yaml", json::to_yaml(rbac_rules())) | write(folder, "rbac-reports.yaml", json::to_yaml(reports_rules()));
}

int validate_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return 1;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto documents = json::parse_yaml(text);
  if (!documents) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), documents.error().message.c_str());
    return 1;
  }
  int problems = 0;
  for (const json::Value& document : *documents) {
    const std::string what = document.text_at({"kind"}) + "/" + document.text_at({"metadata", "name"});
    for (const std::string& problem : problems_of(document)) {
      std::fprintf(stderr, "%s: %s: %s\n", path.c_str(), what.c_str(), problem.c_str());
      ++problems;
    }
  }
  return problems == 0 ? 0 : 1;
}

}  // namespace millrace::app
