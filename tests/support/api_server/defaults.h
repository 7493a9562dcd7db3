// Defaults of built-in kinds, as far as our children meet them: pod templates, Jobs, Deployments, Services; quantities in their
// canonical form. Source: k8s.io/kubernetes pkg/apis/{core,batch,apps}/v1/defaults.go. Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace millrace::sim {

void fill_job(json::Value& object);
void fill_deployment(json::Value& object);
void fill_service(json::Value& object);
void fill_pod(json::Value& object);
void fill_claim(json::Value& object);

// "1000m" → "1", "1024Mi" → "1Gi": how typed kinds store a quantity.
std::string canonical_quantity(std::string_view text);

}  // namespace millrace::sim
