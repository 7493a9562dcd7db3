#include "model_version/memory.h"

#include "json/codec.h"

namespace millrace::model_version {
namespace {

constexpr json::Field kJudged[] = {
    json::field<&Judged::gates>("gates", "Each gate with its verdict.", {.max_items = 32}),
};

}  // namespace

constinit const json::Schema Judged::schema{.doc = "What was judged.", .fields = kJudged};

Judged judged_before(const ModelVersion& version) {
  if (!version.status.gates.empty()) return {.gates = version.status.gates};
  const std::string text = version.meta.annotation(kJudgedAnnotation);
  auto read = text.empty() ? core::Result<Judged>(Judged{}) : json::decode<Judged>(text);
  return read ? std::move(*read) : Judged{};
}

std::string judged_annotation(const Spec& spec, const Judged& judged) {
  return has_champion_gate(spec) && !judged.gates.empty() ? json::dump(json::encode(judged)) : std::string();
}

}  // namespace millrace::model_version
