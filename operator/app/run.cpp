#include "app/run.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/bind.h"
#include "app/hearing.h"
#include "app/metrics.h"
#include "app/reports.h"
#include "core/text.h"
#include "endpoints/health.h"
#include "endpoints/server.h"
#include "engine/driver/threaded.h"
#include "kinds.h"
#include "kube/client/rest_transport.h"
#include "kube/model/crd.h"

namespace millrace::app {

namespace {

constexpr core::Duration kHung{60'000};  // a thread that holds the engine for so long will not come back

std::string environment_or(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : std::move(otherwise);
}

std::string host_name() {
  char name[256] = "millrace";
  gethostname(name, sizeof name - 1);
  return name;
}

int refuse(telemetry::Log& log, const std::string& what) {
  log.error("cannot start", {{"error", what}});
  log.flush();
  return 1;
}

engine::Options engine_options(const RunOptions& options, const std::string& own_ns) {
  engine::Options out{.ns = options.ns,
                      .instance = environment_or("POD_NAME", host_name()),
                      .schema = kube::kSchemaNumber,
                      .passes = static_cast<std::size_t>(options.workers)};
  if (options.leader_elect) {
    const std::string ns = options.lease_ns.empty() ? environment_or("POD_NAMESPACE", own_ns) : options.lease_ns;
    // A pod's name is not enough: after a restart of its container the old process must not be taken for the new one.
    out.lease = engine::LeaseOptions{.ns = ns,
                                     .name = kLease,
                                     .identity = out.instance + "_" + std::to_string(getpid()) + "_" +
                                                 std::to_string(std::chrono::system_clock::now().time_since_epoch().count())};
  }
  return out;
}

endpoints::Pages pages(telemetry::Meters& meters, Reports& reports, const engine::ThreadedDriver& driver) {
  using Failure = std::optional<std::string>;
  const auto alive = [&driver]() -> Failure {
    const core::Duration late = driver.overdue();
    return late < kHung ? Failure() : Failure("the engine is late by " + core::for_people(late));
  };
  const auto synced = [&driver]() -> Failure { return driver.synced() ? Failure() : Failure("caches are not complete yet"); };
  const auto schemas = [&driver]() -> Failure {
    const std::vector<std::string> trouble = driver.schema_trouble();
    return trouble.empty() ? Failure() : Failure(core::join(trouble, "; "));
  };
  return {{"/metrics",
           [&meters, &reports, &driver] {
             reports.note(driver.sample());
             return endpoints::Page{200, meters.text(), endpoints::kMetricsType};
           }},
          {"/healthz",
           [alive] {
             return endpoints::health_page({{"engine", alive}});
           }},
          {"/readyz", [alive, synced, schemas] {
             return endpoints::health_page({{"engine", alive}, {"caches", synced}, {"schemas", schemas}});
           }}};
}

// Signals reach one thread that waits for them: the first asks for a clean stop, the second ends at once.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void listen(std::stop_source stop) {
    thread_ = std::jthread([this, stop](std::stop_token done) mutable { wait(std::move(stop), done); });
  }

 private:
  void wait(std::stop_source stop, std::stop_token done) {
    const timespec slice{0, 200'000'000};
    while (!done.stop_requested()) {
      if (sigtimedwait(&set_, nullptr, &slice) < 0) continue;
      if (stop.stop_requested()) std::_Exit(1);
      stop.request_stop();
    }
  }
  sigset_t set_{};
  std::jthread thread_{};
};

int reconcile(const RunOptions& options, const kube::Identity& identity, telemetry::Log& log, telemetry::Meters& meters, Signals& signals) {
  const auto tokens = kube::tokens_of(identity);
  const auto backend = options.transport == "cpprest" ? kube::Backend::Cpprest : kube::Backend::Beast;
  kube::RestTransport reviews(identity, tokens, meters, backend);
  shared::Settings settings{.fetcher_image = options.fetcher_image, .max_resolvers = options.max_resolvers};
  const auto metrics = Metrics::start(options);
  if (!metrics) return refuse(log, metrics.error().message);
  settings.metrics_sources = (*metrics)->sources();
  std::optional<Hearing> hearing;
  if (!options.reports.empty()) {
    auto found = Hearing::find(options, environment_or("POD_NAMESPACE", identity.ns), reviews);
    if (!found) return refuse(log, found.error().message);
    hearing = *std::move(found);
    settings.reports = hearing->reports();
  }
  const auto controllers = make_controllers(settings);
  engine::Controllers borrowed;
  for (const auto& controller : controllers) borrowed.push_back(controller.get());
  for (const char* name : {"trainingjob", "modelversion", "inferenceservice"}) meters.declare_controller(name, options.workers);

  Reports reports(log, meters, kLease);
  const engine::Options run_by = engine_options(options, identity.ns);
  const auto work = kube::courier_of(identity, tokens, meters, backend, engine::ThreadedDriver::calls_at_once(run_by));
  const auto lease = kube::courier_of(identity, tokens, meters, backend, 1);
  engine::ThreadedDriver driver(borrowed, run_by, {*work, *work, *lease, metrics->get()}, reports);
  for (const auto& kind : driver.sample().kinds) meters.declare_kind(kind.kind);
  meters.declare_lease(kLease);
  const auto bind = parse_bind("--bind", options.bind);
  if (!bind) return refuse(log, bind.error().message);
  const auto server = endpoints::Server::start(*bind, pages(meters, reports, driver));
  if (!server) return refuse(log, server.error().message);
  if (hearing) {
    if (const auto hears = hearing->serve(driver, log); !hears) return refuse(log, hears.error().message);
  }

  std::stop_source stop;
  signals.listen(stop);
  log.info("started", {{"version", MILLRACE_VERSION}, {"server", identity.server}, {"identity", identity.source}, {"bind", options.bind}});
  const auto ended = driver.run(stop.get_token());
  log.info(ended == engine::ThreadedDriver::Ended::Stopped ? "stopped" : "the lease is lost: leaving at once");
  log.flush();
  // Another process may lead by now, and the client library's threads may not be joined safely: nothing is cleaned up.
  std::_Exit(ended == engine::ThreadedDriver::Ended::Stopped ? 0 : 2);
}

}  // namespace

int run(const RunOptions& options) {
  const auto level = telemetry::parse_level(options.log_level);
  const auto format = telemetry::parse_format(options.log_format);
  telemetry::Log log(format.value_or(telemetry::Format::Logfmt), level.value_or(telemetry::Level::Info));
  if (!level) return refuse(log, "--log-level: \"" + options.log_level + "\" must be debug, info, warn or error");
  if (!format) return refuse(log, "--log-format: \"" + options.log_format + "\" must be logfmt or json");
  Signals signals;
  const auto identity = kube::find_identity({.kubeconfig = options.kubeconfig, .context = options.context}, kube::process_environment());
  if (!identity) return refuse(log, identity.error().message);
  telemetry::Meters meters;
  meters.build.with({MILLRACE_VERSION}).set(1);
  return reconcile(options, *identity, log, meters, signals);
}

}  // namespace millrace::app
