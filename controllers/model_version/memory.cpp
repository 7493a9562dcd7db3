#include "model_version/memory.h"

#include "json/codec.h"

namespace millrace::model_version {
namespace {

constexpr json::Field kJudged[] = {
    json::field<&Judged::gates>("gates", "Each gate with its verdict.", {.max_items = 32}),
    json::field<&Judged::measured>("measured", "What evaluations told.", {.max_items = 8}),
};

}  // namespace

constinit const json::Schema Judged::schema{.doc = "What was judged.", .fields = kJudged};

Judged judged_before(const ModelVersion& version) {
  const Status& status = version.status;
  if (!status.gates.empty() || !status.measured.empty()) return {.gates = status.gates, .measured = status.measured};
  const std::string text = version.meta.annotation(kJudgedAnnotation);
  auto read = text.empty() ? core::Result<Judged>(Judged{}) : json::decode<Judged>(text);
  return read ? std::move(*read) : Judged{};
}

std::string judged_annotation(const Spec& spec, const Judged& judged) {
  const bool follows = !has_champion_gate(spec) && !spec.evaluation;
  return follows || judged == Judged{} ? std::string() : json::dump(json::encode(judged));
}

}  // namespace millrace::model_version
