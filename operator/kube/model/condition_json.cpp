#include "kube/model/condition_json.h"

#include "json/codec.h"

namespace millrace::kube {

Conditions conditions_of(const json::Value& status) {
  Conditions out;
  const json::Value* all = status.at({"conditions"});
  if (all == nullptr || all->array() == nullptr) return out;
  for (const json::Value& one : *all->array()) {
    if (auto condition = json::decode<Condition>(one)) out.push_back(std::move(*condition));
  }
  return out;
}

json::Array to_json(const Conditions& all) {
  json::Array out;
  for (const Condition& one : all) out.push_back(json::encode(one, json::Clamp::Yes));
  return out;
}

}  // namespace millrace::kube
