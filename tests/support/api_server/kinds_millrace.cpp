#include "support/api_server/custom_kind.h"
#include "support/toy/widget.h"

namespace millrace::sim {

void fill_custom(json::Value& object, const json::Schema& schema) {
  auto& members = *object.object();
  const json::Value meta = members["metadata"], api_version = members["apiVersion"], kind = members["kind"];
  json::prune(object, schema);
  json::apply_defaults(object, schema);
  members["apiVersion"] = api_version;
  members["kind"] = kind;
  members["metadata"] = meta;
}

std::vector<KindRules> millrace_kinds() { return {custom_kind<toy::Widget>()}; }

}  // namespace millrace::sim
