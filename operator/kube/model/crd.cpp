#include "kube/model/crd.h"

#include "core/text.h"
#include "json/codec.h"

namespace millrace::kube {

namespace {

json::Value columns_of(const CrdTable& table) {
  json::Array out;
  for (const Column& c : table.columns) {
    json::Object column{{"name", c.name}, {"type", c.type}, {"jsonPath", c.path}};
    if (c.priority > 0) column["priority"] = c.priority;
    out.emplace_back(std::move(column));
  }
  return out;
}

json::Value fields_of(const CrdTable& table) {
  json::Array out;
  for (const std::string_view path : table.selectable) out.emplace_back(json::Object{{"jsonPath", path}});
  return out;
}

json::Object name_rule(int longest) {
  const std::string limit = std::to_string(longest);
  const std::string rule = "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= " + limit;
  return {{"rule", rule},
          {"message", "metadata.name must match [a-z]([-a-z0-9]*[a-z0-9])? and have at most " + limit +
                          " characters, since names of children are made from it"}};
}

json::Value root_schema(const CrdTable& table) {
  const json::Object text{{"type", "string"}};
  json::Object properties{{"apiVersion", text}, {"kind", text}, {"metadata", json::Object{{"type", "object"}}}};
  properties["spec"] = json::openapi(*table.spec, json::SchemaUse::Spec);
  properties["status"] = json::openapi(*table.status, json::SchemaUse::Status);
  return json::Object{{"type", "object"},
                      {"description", table.doc},
                      {"required", json::Array{"spec"}},
                      {"properties", std::move(properties)},
                      {"x-kubernetes-validations", json::Array{name_rule(table.longest_name)}}};
}

}  // namespace

std::string crd_name(const Resource& kind) { return std::string(kind.plural) + "." + std::string(kind.group); }
std::string crd_file(const Resource& kind) { return std::string(kind.group) + "_" + std::string(kind.plural) + ".yaml"; }

json::Value crd(const CrdTable& table) {
  const Resource& r = *table.resource;
  const json::Object names{{"kind", r.kind},
                           {"listKind", std::string(r.kind) + "List"},
                           {"plural", r.plural},
                           {"singular", core::lower(r.kind)},
                           {"shortNames", json::Array{table.short_name}},
                           {"categories", json::Array{"millrace", "ml"}}};
  json::Object version{{"name", r.version}, {"served", true}, {"storage", true}};
  version["subresources"] = json::Object{{"status", json::Object()}};
  version["additionalPrinterColumns"] = columns_of(table);
  version["selectableFields"] = fields_of(table);
  version["schema"] = json::Object{{"openAPIV3Schema", root_schema(table)}};
  const json::Object annotations{{std::string(kSchemaAnnotation), std::to_string(kSchemaNumber)}};
  return json::Object{
      {"apiVersion", "apiextensions.k8s.io/v1"},
      {"kind", "CustomResourceDefinition"},
      {"metadata", json::Object{{"name", crd_name(r)}, {"annotations", annotations}}},
      {"spec", json::Object{{"group", r.group}, {"names", names}, {"scope", "Namespaced"}, {"versions", json::Array{std::move(version)}}}}};
}

}  // namespace millrace::kube
