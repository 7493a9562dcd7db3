// Who owns which fields, by (manager, operation, subresource), and what an apply makes of it.
// Source: KEP-555, structured-merge-diff v6 (merge/update.go). Thread contract: pure functions.
#pragma once

#include <vector>

#include "support/api_server/errors.h"
#include "support/api_server/store.h"

namespace millrace::sim {

struct Writer {
  std::string manager{}, operation = "Update", subresource{};
  core::Instant now{};
};

// After an update changed `before` (null on create) into `after`: what changed is the writer's, what vanished is nobody's.
Managed owned_after_update(const KindRules& kind, const json::Value& before, const json::Value& after, Managed managed, const Writer& who);

struct Applied {
  json::Value object{};
  Managed managed{};
  std::vector<Cause> conflicts{};  // not empty: refused, since not forced
};
// `live` is an object with metadata.name at least; its managed entries may be empty (the object does not exist yet).
Applied apply(const KindRules& kind, const json::Value& live, const Managed& managed, const json::Value& config, const Writer& who,
              bool force);

}  // namespace millrace::sim
