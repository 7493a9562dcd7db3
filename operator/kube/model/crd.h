// CrdTable: the row of a kind. From it and the schema tables comes the CustomResourceDefinition.
// Source: apiextensions.k8s.io/v1; names D19; columns read precomputed strings, never a condition by index.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "json/schema.h"
#include "json/value.h"
#include "kube/model/resource.h"

namespace millrace::kube {

struct Column {
  std::string_view name, type, path;  // type: string, integer, date
  int priority = 0;                   // 1: only with -o wide
};

struct CrdTable {
  const Resource* resource = nullptr;
  std::string_view short_name, doc;
  const json::Schema* spec = nullptr;
  const json::Schema* status = nullptr;
  std::span<const Column> columns{};
  std::span<const std::string_view> selectable{};  // ".spec.model"
  int longest_name = 40;
};

// Number of the schemas that this program writes, kept in an annotation of the CRD (D27): counted up with each change of a schema.
inline constexpr int kSchemaNumber = 1;
inline constexpr std::string_view kSchemaAnnotation = "millrace.dev/schema";

std::string crd_name(const Resource& kind);  // "trainingjobs.millrace.dev"
std::string crd_file(const Resource& kind);  // "millrace.dev_trainingjobs.yaml", in crds/

json::Value crd(const CrdTable& table);

}  // namespace millrace::kube
