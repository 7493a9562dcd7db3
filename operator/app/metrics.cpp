#include "app/metrics.h"

namespace millrace::app {

core::Result<std::unique_ptr<Metrics>> Metrics::start(const RunOptions& options) {
  MILLRACE_TRY(sources, metrics_source::parse_sources(options.metrics_sources));
  MILLRACE_TRY(client, metrics_source::Client::start(sources));
  auto out = std::make_unique<Metrics>();
  out->client_ = std::move(client);
  for (const metrics_source::Source& source : sources) {
    const bool keeps_apart = source.tenancy != metrics_source::Tenancy::None;
    out->sources_.push_back({.name = source.name, .custom_queries = options.allow_custom_queries || keeps_apart});
  }
  return out;
}

void Metrics::ask(const engine::Call& call, Done done) {
  client_->ask({.source = call.source, .ns = call.ns, .path_and_query = call.request.path, .deadline = call.request.deadline},
               [done = std::move(done)](core::Result<metrics_source::Reply> reply) {
                 if (!reply) return done(reply.error());
                 done(kube::Response{.status = reply->status, .body = std::move(reply->body)});
               });
}

}  // namespace millrace::app
