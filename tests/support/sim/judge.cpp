#include "support/sim/judge.h"

namespace millrace::sim {
namespace {

constexpr std::chrono::hours kLatest{6};  // after the reference: later is no end

std::vector<std::string> too_many(const std::map<std::string, int>& is, const std::map<std::string, int>& should, const char* what) {
  std::vector<std::string> out;
  for (const auto& [path, n] : is) {
    const auto hit = should.find(path);
    const int most = hit == should.end() ? 0 : hit->second;
    if (n > most) out.push_back(path + " " + what + " " + std::to_string(n) + " times instead of " + std::to_string(most));
  }
  return out;
}

// All of them but when they were made: people may have waited for the operator.
std::map<std::string, std::string> foreign_bytes(const Story& story, ApiServer server) {
  std::map<std::string, std::string> out;
  for (const auto& path : story.foreign) {
    auto object = json::parse(server.handle({.path = path}, {}).body);
    json::Object& meta = *object->object()->find("metadata")->object();
    meta.erase("creationTimestamp");
    for (json::Value& entry : *meta.find("managedFields")->array()) entry.object()->erase("time");
    out[path] = json::dump(*object);
  }
  return out;
}

std::vector<std::string> end_of(const ApiServer& server, Run::Aim aim, const Reference& reference) {
  if (aim == Run::Aim::Nothing) return left_behind(server);
  if (aim == Run::Aim::Essence) return differences(essence(server), reference.essence);
  if (likeness(server) == reference.likeness) return {};
  return differences(snapshot(server), reference.end);
}

}  // namespace

Reference reference_of(Run& run) {
  Sim& sim = run.sim();
  return {.end = snapshot(sim.server),
          .essence = essence(sim.server),
          .likeness = likeness(sim.server),
          .at = sim.now(),
          .creates = sim.creates,
          .deletes = sim.deletes,
          .foreign = foreign_bytes(run.story(), sim.server)};
}

std::vector<std::string> restless(Run run) {
  Sim& sim = run.sim();
  const ApiServer was = sim.server;
  const std::size_t writes = sim.writes;
  const std::uint64_t version = was.store().version();
  sim.restart();
  for (std::size_t i = 0; i < Run::kMostThings && !sim.at_rest(); ++i) sim.go();
  std::vector<std::string> out;
  if (likeness(sim.server) != likeness(was)) out = differences(snapshot(sim.server), snapshot(was));
  const bool still = sim.writes == writes && (run.story().leased || sim.server.store().version() == version);
  if (run.story().refused_at_rest || still) return out;
  out.push_back("not quiet: a restart at rest wrote " + std::to_string(sim.writes - writes) + " times");
  for (const auto& kind : all_kinds()) {
    for (const auto& e : sim.server.store().log(kind)) {
      if (e.version <= version || *kind.resource == kube::resources::kLease) continue;
      out.push_back("  " +
                    path_of(kind, {e.after->object.text_at({"metadata", "namespace"}), e.after->object.text_at({"metadata", "name"})}));
    }
  }
  return out;
}

std::vector<std::string> judge(Run& run, const Reference& reference) {
  Sim& sim = run.sim();
  if (!sim.trouble.empty()) return sim.trouble;
  std::vector<std::string> out = end_of(sim.server, run.aim(), reference);
  const auto add = [&](const std::vector<std::string>& more) { out.insert(out.end(), more.begin(), more.end()); };
  add(too_many(sim.creates, reference.creates, "was created"));
  if (run.aim() != Run::Aim::Nothing) add(too_many(sim.deletes, reference.deletes, "was deleted"));
  for (const auto& [path, bytes] : foreign_bytes(run.story(), sim.server)) {
    if (bytes != reference.foreign.at(path)) out.push_back(path + ": somebody else's object changed");
  }
  if (sim.now() > reference.at + kLatest) out.push_back("it came to rest hours after the reference");
  add(at_end(sim));
  add(restless(run));
  return out;
}

}  // namespace millrace::sim
