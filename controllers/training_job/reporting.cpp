#include "training_job/reporting.h"

#include <algorithm>

#include "core/hash.h"
#include "shared/pods.h"

namespace millrace::training_job {
namespace {

using json::Array;
using json::Object;

constexpr std::string_view kVolume = "reports";

// Good for nothing but to say which pod it is and of which run.
Object token_volume(const std::string& run_id) {
  const Object token{{"audience", "millrace.dev/run/" + run_id}, {"expirationSeconds", 3600}, {"path", "token"}};
  return {{"name", kVolume}, {"projected", Object{{"sources", Array{Object{{"serviceAccountToken", token}}}}}}};
}

}  // namespace

std::string reports_mark(const std::optional<shared::Reports>& reports) {
  return reports ? core::sha256_hex(reports->name + "\n" + reports->at + "\n" + reports->ca).substr(0, 16) : std::string();
}

void report_to(Object& pod, const shared::Reports& reports, const std::string& run_id) {
  Object& train = *pod["containers"].array()->front().object();
  Array& command = *train["command"].array();
  const Array options{"--report", "https://" + reports.name + "/v1/progress/" + run_id, "--report-at", reports.at};
  command.insert(std::find(command.begin(), command.end(), json::Value("--")), options.begin(), options.end());
  Array& env = *train["env"].array();
  env.insert(env.begin(), Object{{"name", "MILLRACE_REPORTS_CA"}, {"value", shared::verbatim(reports.ca)}});
  train["volumeMounts"].array()->push_back(shared::mount(kVolume, "/millrace/reports", true));
  pod["volumes"].array()->push_back(token_volume(run_id));
}

}  // namespace millrace::training_job
