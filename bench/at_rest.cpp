#include "at_rest.h"

#include "core/check.h"
#include "json/value.h"
#include "kube/client/verbs.h"
#include "support/sim/domain.h"

namespace millrace::bench {
namespace {

namespace r = kube::resources;
using json::Object;

constexpr core::Ticks kLongAfter{std::chrono::hours(1)};

std::string name_of(std::size_t service) { return "churn-" + std::to_string(service); }

std::string line_of(const json::Value& object) { return R"({"type":"MODIFIED","object":)" + json::dump(object) + "}"; }

// A model with one version and one service.
void add(const std::string& model, std::vector<sim::Act>& acts) {
  Object version = sim::domain::model_version(model + "-v1", 1);
  (*version["spec"].object())["model"] = model;
  const Object spec{{"model", model}, {"version", Object{{"policy", "Pinned"}, {"name", model + "-v1"}}}};
  acts.push_back(sim::domain::make("a version", version));
  acts.push_back(sim::domain::make("a service", sim::domain::inference_service(model, spec)));
}

sim::Sim deployed(std::size_t services) {
  std::vector<sim::Act> acts{sim::domain::claims()};
  for (std::size_t i = 0; i < services; ++i) add(name_of(i), acts);
  const sim::Story story = sim::domain::story("bench", sim::domain::well, {});
  sim::Sim out(story.controllers, story.script);
  for (const auto& act : acts) act.act(out.server, out.now());
  while (!out.at_rest()) out.go();
  return out;
}

}  // namespace

AtRest::AtRest(int services) : services_(static_cast<std::size_t>(services)) {
  sim::Sim sim = deployed(services_);
  server_ = sim.server;
  wall_ = sim.now();
  engine_ = engine::Engine(sim::domain::controllers(), {});
  serve(engine_.start(clock()));
  for (std::size_t i = 0; i < engine_.kinds().size(); ++i) {
    if (*engine_.kinds()[i].resource == r::kInferenceService) kind_ = i;
  }
}

core::Now AtRest::clock() const { return {.wall = wall_, .mono = kLongAfter}; }

void AtRest::serve(engine::Wants wants) {
  for (const auto& report : wants.reports) told_ += std::holds_alternative<engine::PassFinished>(report) ? 1 : 0;
  MILLRACE_CHECK(wants.calls.empty());
  for (const auto& stream : wants.streams) {
    if (!stream.watch) {
      serve(engine_.step(engine::ListAnswered{stream.kind, server_.handle(stream.request, wall_)}, clock(), sim::domain::controllers()));
      continue;
    }
    const auto opened = server_.open_watch(stream.request);
    if (const auto* refused = std::get_if<kube::Response>(&opened)) {
      const core::Error error = kube::verbs::error_of(*refused);
      serve(engine_.step(engine::StreamEnded{stream.kind, error}, clock(), sim::domain::controllers()));
      continue;
    }
    while (const auto line = server_.next_line(std::get<sim::ApiServer::WatchId>(opened)))
      serve(engine_.step(engine::WatchLine{stream.kind, *line}, clock(), sim::domain::controllers()));
  }
  if (wants.wake && *wants.wake <= clock().mono) serve(engine_.step(engine::Tick{}, clock(), sim::domain::controllers()));
}

std::string AtRest::touched(int service) {
  json::Value object = *server_.find(r::kInferenceService, "default", name_of(static_cast<std::size_t>(service)));
  Object& meta = *(*object.object())["metadata"].object();
  meta["resourceVersion"] = std::to_string(++version_);
  meta["labels"] = Object{{"touched", std::to_string(version_)}};
  return line_of(object);
}

int AtRest::passes(std::string_view line) {
  const std::uint64_t before = told_;
  serve(engine_.step(engine::WatchLine{kind_, line}, clock(), sim::domain::controllers()));
  return static_cast<int>(told_ - before);
}

std::map<std::string, std::vector<std::string>> lines_of(const AtRest& world) {
  std::map<std::string, std::vector<std::string>> out;
  for (const engine::Kind& kind : world.engine().kinds()) {
    for (const json::Value* object : world.server().list(*kind.resource)) out[std::string(kind.resource->kind)].push_back(line_of(*object));
  }
  return out;
}

}  // namespace millrace::bench
