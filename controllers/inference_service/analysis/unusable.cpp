#include <algorithm>

#include "core/text.h"
#include "inference_service/analysis/analysis.h"
#include "inference_service/analysis/query.h"

namespace millrace::inference_service {
namespace {

constexpr std::string_view kPath = "spec.rollout.analysis.";

std::string of_source(const std::string& source, const std::vector<std::string>& sources) {
  if (std::find(sources.begin(), sources.end(), source) != sources.end()) return {};
  if (sources.empty()) return std::string(kPath) + "source: the operator was given no metrics source";
  return std::string(kPath) + "source: \"" + core::one_token(source) + "\" is unknown; the administrator's sources are " +
         core::join(sources, ", ");
}

}  // namespace

std::string unusable(const Analysis& rules, const std::vector<std::string>& sources, bool custom_queries) {
  if (std::string why = of_source(rules.source, sources); !why.empty()) return why;
  for (std::size_t i = 0; i < rules.metrics.size(); ++i) {
    const std::string& query = rules.metrics[i].query;
    if (query.empty()) continue;
    const std::string path = std::string(kPath) + "metrics[" + std::to_string(i) + "].query: ";
    if (!custom_queries) return path + "this source takes no queries of users; presets are allowed";
    if (const auto name = unknown_variable(query))
      return path + "\"" + core::one_token(*name, 40) +
             "\" is unknown; allowed are {{canary}}, {{stable}}, {{namespace}}, {{name}}, {{window}}";
  }
  return {};
}

}  // namespace millrace::inference_service
