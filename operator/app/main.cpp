// millrace: the operator and its tools in one program. `millrace run` reconciles; `uninstall` lets go of what it holds; the other verbs
// only read and print.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <string>

#include "app/export.h"
#include "app/run.h"
#include "app/uninstall.h"

namespace {

using millrace::app::RunOptions;

void add_run(CLI::App& app, RunOptions& options) {
  app.add_option("--kubeconfig", options.kubeconfig, "A kubeconfig; else KUBECONFIG, the pod's service account, ~/.kube/config");
  app.add_option("--context", options.context, "Context of the kubeconfig");
  app.add_option("--namespace", options.ns, "Watch this namespace only; default all");
  app.add_option("--max-resolvers", options.max_resolvers, "Resolver Jobs that run at once in the whole cluster")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--fetcher-image", options.fetcher_image, "Image of the fetcher in users' pods")->capture_default_str();
  app.add_option("--lease-namespace", options.lease_ns, "Namespace of the Lease; default POD_NAMESPACE");
  app.add_flag("--leader-elect,!--no-leader-elect", options.leader_elect, "Hold a Lease while writing")->capture_default_str();
  app.add_option("--bind", options.bind, "Address of metrics and health")->capture_default_str();
  app.add_option("--reports", options.reports, "Service without selector by which pods tell of progress; default none");
  app.add_option("--reports-bind", options.reports_bind, "Address where progress is told, over TLS")->capture_default_str();
  app.add_option(
         "--metrics-source", options.metrics_sources,
         "name=…,url=…[,tenancy=none|label|header][,token-file=…][,ca-file=…]: a server with Prometheus's query API; may be repeated")
      ->allow_extra_args(false);
  app.add_flag("--allow-custom-queries", options.allow_custom_queries, "Specs may bring PromQL of their own to sources without tenancy");
  app.add_option("--transport", options.transport, "What speaks HTTP to the API server: beast or cpprest (cpprestsdk)")
      ->check(CLI::IsMember({"beast", "cpprest"}))
      ->capture_default_str();
  app.add_option("--workers", options.workers, "Calls in flight at once")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")->capture_default_str();
  app.add_option("--log-format", options.log_format, "logfmt or json")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  // The engine works under one lock: an arena for each of its threads would only hold memory that the others cannot use.
  mallopt(M_ARENA_MAX, 2);
  CLI::App app{"Runs the life of machine-learning models: TrainingJob, ModelVersion, InferenceService"};
  app.set_version_flag("--version", MILLRACE_VERSION);
  app.require_subcommand(1);

  RunOptions run;
  CLI::App* run_verb = app.add_subcommand("run", "Reconcile until stopped");
  add_run(*run_verb, run);

  CLI::App* export_verb = app.add_subcommand("export", "Write what a cluster installs");
  export_verb->require_subcommand(1);
  std::string folder;
  CLI::App* crds = export_verb->add_subcommand("crds", "The three CustomResourceDefinitions");
  CLI::App* rbac = export_verb->add_subcommand("rbac", "The rules that the operator needs, and what --reports needs besides");
  for (CLI::App* verb : {crds, rbac})
    verb->add_option("--dir", folder, "Folder to write to; default stdout")->check(CLI::ExistingDirectory);

  std::string file;
  CLI::App* validate = app.add_subcommand("validate", "Judge a file of manifests as the API server would");
  validate->add_option("file", file, "YAML or JSON")->required();

  millrace::app::UninstallOptions leaving;
  CLI::App* uninstall = app.add_subcommand("uninstall", "Take the operator's finalizers off all objects, so that nothing waits for it");
  uninstall->add_option("--kubeconfig", leaving.kubeconfig, "A kubeconfig; else KUBECONFIG, the pod's service account, ~/.kube/config");
  uninstall->add_option("--context", leaving.context, "Context of the kubeconfig");
  uninstall->add_option("--namespace", leaving.ns, "Objects of this namespace only; default all");
  uninstall->add_option("--lease-namespace", leaving.lease_ns, "Namespace of the Lease; default POD_NAMESPACE");

  CLI11_PARSE(app, argc, argv);
  if (crds->parsed()) return millrace::app::export_crds(folder);
  if (rbac->parsed()) return millrace::app::export_rbac(folder);
  if (validate->parsed()) return millrace::app::validate_file(file);
  if (uninstall->parsed()) return millrace::app::uninstall(leaving);
  return millrace::app::run(run);
}
