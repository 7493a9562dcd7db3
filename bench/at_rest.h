// AtRest: an API server after services were deployed in the simulator, and an engine that has seen it all and has nothing to do.
// Thread contract: none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "support/api_server/api_server.h"

namespace millrace::bench {

class AtRest {
 public:
  explicit AtRest(int services);

  // The line of a watch that tells of this service with a label that no planner reads and a version that was never seen.
  std::string touched(int service);
  // Passes that the line made; a call that one of them wants is an error of the benchmark: -1.
  int passes(std::string_view line);

  std::size_t services() const { return services_; }
  const sim::ApiServer& server() const { return server_; }
  const engine::Engine& engine() const { return engine_; }

 private:
  void serve(engine::Wants wants);
  core::Now clock() const;

  std::size_t services_, kind_ = 0;
  sim::ApiServer server_{};
  core::Instant wall_{};
  engine::Engine engine_{};
  std::uint64_t version_ = 1'000'000'000;
  std::uint64_t told_ = 0;
};

// Every object of the server that the operator watches, as the line of a watch, by kind ("Deployment").
std::map<std::string, std::vector<std::string>> lines_of(const AtRest& world);

}  // namespace millrace::bench
