#include "json/codec.h"
#include "support/conformance/rows.h"
#include "support/toy/widget.h"

namespace millrace::conformance {

using json::Array;
using json::Object;

json::Value widget_crd() {
  const auto& r = toy::Widget::kResource;
  json::Value spec = json::openapi(toy::Spec::schema, json::SchemaUse::Spec);
  (*spec.object())["default"] = Object{};
  const Object schema{
      {"type", "object"},
      {"properties", Object{{"spec", std::move(spec)}, {"status", json::openapi(toy::Status::schema, json::SchemaUse::Status)}}}};
  const Object version{{"name", r.version},
                       {"served", true},
                       {"storage", true},
                       {"subresources", Object{{"status", Object{}}}},
                       {"schema", Object{{"openAPIV3Schema", schema}}}};
  return Object{
      {"apiVersion", "apiextensions.k8s.io/v1"},
      {"kind", "CustomResourceDefinition"},
      {"metadata", Object{{"name", std::string(r.plural) + "." + std::string(r.group)}}},
      {"spec", Object{{"group", r.group},
                      {"scope", "Namespaced"},
                      {"names", Object{{"kind", r.kind}, {"plural", r.plural}, {"singular", "widget"}, {"listKind", "WidgetList"}}},
                      {"versions", Array{version}}}}};
}

}  // namespace millrace::conformance
