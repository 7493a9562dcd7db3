// `millrace export crds|rbac [--dir DIR]` and `millrace validate FILE`: what the program knows, written for clusters and people.
// Exit codes as main returns them: 0 done, 1 refused or not written.
#pragma once

#include <string>

namespace millrace::app {

int export_crds(const std::string& folder);  // one file per kind, millrace.dev_<plural>.yaml; "" writes all to stdout
int export_rbac(const std::string& folder);  // rbac.yaml, rbac-reports.yaml
int validate_file(const std::string& path);  // every document: decoded strictly, bounds and rules, one line per problem

}  // namespace millrace::app
