#include "support/conformance/rows.h"

namespace millrace::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value made(std::string api_version, std::string kind, std::string name, Object meta) {
  meta["name"] = std::move(name);
  return Object{{"apiVersion", std::move(api_version)}, {"kind", std::move(kind)}, {"metadata", std::move(meta)}};
}

Object pod_template(const std::string& app, const std::string& restart) {
  Object spec{{"containers", Array{Object{{"name", "main"},
                                          {"image", "example.org/nothing:1"},
                                          {"resources", Object{{"requests", Object{{"cpu", "1000m"}, {"memory", "1024Mi"}}}}}}}}};
  if (!restart.empty()) spec["restartPolicy"] = restart;
  return {{"metadata", Object{{"labels", Object{{"app", app}}}}}, {"spec", std::move(spec)}};
}

}  // namespace

Value config_map(std::string name, Object data, Object meta) {
  Value out = made("v1", "ConfigMap", std::move(name), std::move(meta));
  (*out.object())["data"] = std::move(data);
  return out;
}

Value widget(std::string name, Object spec, Object meta) {
  Value out = made("toy.millrace.dev/v1", "Widget", std::move(name), std::move(meta));
  (*out.object())["spec"] = std::move(spec);
  return out;
}

Value deployment(std::string name, Object spec_members) {
  Object spec{{"selector", Object{{"matchLabels", Object{{"app", name}}}}}, {"template", pod_template(name, "")}};
  for (auto& [key, v] : spec_members.members()) spec[key] = std::move(v);
  Value out = made("apps/v1", "Deployment", std::move(name), {});
  (*out.object())["spec"] = std::move(spec);
  return out;
}

Value suspended_job(std::string name) {
  // Its controller is nobody, so that it changes by the rows' own requests alone.
  Object spec{{"suspend", true}, {"managedBy", "example.org/nobody"}, {"backoffLimit", 0}, {"template", pod_template(name, "Never")}};
  Value out = made("batch/v1", "Job", std::move(name), {});
  (*out.object())["spec"] = std::move(spec);
  return out;
}

Value service(std::string name, Object spec_members) {
  Object spec{{"selector", Object{{"app", name}}}, {"ports", Array{Object{{"name", "http"}, {"port", 80}}}}};
  for (auto& [key, v] : spec_members.members()) spec[key] = std::move(v);
  Value out = made("v1", "Service", std::move(name), {});
  (*out.object())["spec"] = std::move(spec);
  return out;
}

std::vector<Row> all_rows() {
  std::vector<Row> out;
  for (auto rows : {rows_of_writes(), rows_of_apply(), rows_of_deletes(), rows_of_reads(), rows_of_kinds(), rows_of_schemas(),
                    rows_of_routes(), rows_of_names(), rows_of_bodies(), rows_of_leases(), rows_of_watches()}) {
    out.insert(out.end(), rows.begin(), rows.end());
  }
  return out;
}

}  // namespace millrace::conformance
