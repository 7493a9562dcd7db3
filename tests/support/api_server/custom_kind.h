// Rules of a kind that a schema table describes: what the API server does with its CRD. The C++ twins stand in for CEL.
#pragma once

#include <string>
#include <vector>

#include "json/codec.h"
#include "support/api_server/kinds.h"

namespace millrace::sim {

// Unknown fields pruned, defaults filled in; metadata obeys the API machinery's schema, not the kind's.
void fill_custom(json::Value& object, const json::Schema& schema);

template <class K>
std::vector<std::string> refuse_custom(const json::Value* before, const json::Value& after) {
  const auto next = json::decode<K>(after);
  const auto old = before == nullptr ? core::Result<K>(core::Error{}) : json::decode<K>(*before);
  // What was wrong before the write may stay wrong (CRDValidationRatcheting).
  if (!next && !old && next.error() == old.error()) return {};
  if (!next) return {next.error().message};
  auto out = json::violations(&*next, K::schema, "");
  if (!old) return out;
  for (auto& why : json::transition_violations(&*old, &*next, K::schema, "")) out.push_back(std::move(why));
  return out;
}

template <class K>
KindRules custom_kind() {
  return {.resource = &K::kResource,
          .shape = Shape::of(K::schema),
          .custom = true,
          .has_status = true,
          .fill = [](json::Value& object) { fill_custom(object, K::schema); },
          .refuse = refuse_custom<K>};
}

std::vector<KindRules> millrace_kinds();
std::vector<KindRules> gateway_kinds();

}  // namespace millrace::sim
