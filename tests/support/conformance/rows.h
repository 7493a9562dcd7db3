// The table, by subject, and the objects that its rows are made of.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "support/conformance/row.h"

namespace millrace::conformance {

std::vector<Row> rows_of_writes();
std::vector<Row> rows_of_apply();
std::vector<Row> rows_of_deletes();
std::vector<Row> rows_of_reads();
std::vector<Row> rows_of_kinds();
std::vector<Row> rows_of_schemas();
std::vector<Row> rows_of_routes();
std::vector<Row> rows_of_names();
std::vector<Row> rows_of_bodies();
std::vector<Row> rows_of_leases();
std::vector<Row> rows_of_watches();
std::vector<Row> all_rows();

namespace paths {
inline const std::string kConfigMaps = "/api/v1/namespaces/{ns}/configmaps";
inline const std::string kServices = "/api/v1/namespaces/{ns}/services";
inline const std::string kJobs = "/apis/batch/v1/namespaces/{ns}/jobs";
inline const std::string kDeployments = "/apis/apps/v1/namespaces/{ns}/deployments";
inline const std::string kRevisions = "/apis/apps/v1/namespaces/{ns}/controllerrevisions";
inline const std::string kEvents = "/api/v1/namespaces/{ns}/events";
inline const std::string kRoutes = "/apis/gateway.networking.k8s.io/v1/namespaces/{ns}/httproutes";
inline const std::string kWidgets = "/apis/toy.millrace.dev/v1/namespaces/{ns}/widgets";
}  // namespace paths

json::Value widget_crd();  // the CustomResourceDefinition of the toy kind, from its schema table
json::Value config_map(std::string name, json::Object data, json::Object meta = {});
json::Value widget(std::string name, json::Object spec, json::Object meta = {});
json::Value deployment(std::string name, json::Object spec_members = {});
json::Value suspended_job(std::string name);
json::Value service(std::string name, json::Object spec_members = {});

}  // namespace millrace::conformance
