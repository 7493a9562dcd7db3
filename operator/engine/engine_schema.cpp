// Kinds whose CRD is absent, older or newer than this program (D27).
#include <algorithm>

#include "engine/engine.h"
#include "json/difference.h"
#include "kube/model/crd.h"

namespace millrace::engine {

std::vector<std::string> Engine::schema_trouble() const {
  std::vector<std::string> out;
  for (std::size_t controller = 0; controller < own_.size(); ++controller) {
    if (std::string why = schemas_.trouble(controller); !why.empty()) out.push_back(std::move(why));
  }
  return out;
}

// Everything it reads is there, and its own kind is what it was made for.
bool Engine::runs(std::size_t controller) const {
  const auto& kinds = watches_[controller];
  return schemas_.runs(controller) && std::all_of(kinds.begin(), kinds.end(), [&](std::size_t kind) { return started_.contains(kind); });
}

void Engine::look_at_schemas(core::Now now, Wants& out) {
  while (const auto controller = schemas_.next(now.mono)) {
    call(schemas_.request(*controller), {.on = Connection::Schema, .who = {.controller = *controller}}, now, out);
  }
}

void Engine::answer_schema(std::size_t controller, const core::Result<kube::Response>& response, core::Now now, Wants& out) {
  const kube::Resource& resource = *store_.kinds()[own_[controller]].resource;
  if (schemas_.answered(controller, response, now.mono)) {
    out.reports.push_back(SchemaJudged{.kind = std::string(resource.kind),
                                       .file = kube::crd_file(resource),
                                       .trouble = schemas_.trouble(controller),
                                       .newer = schemas_.merges(controller)});
  }
  const std::size_t kind = own_[controller];
  if (!schemas_.is_served(controller) || started_.contains(kind)) return;
  started_.insert(kind);
  reflect(kind, reflectors_[kind].start(now.mono), now, out);
}

// A kind of ours whose objects are not found is not asked for again before its CRD is seen.
bool Engine::found_missing(std::size_t kind, const core::Result<void>& how, core::Now now) {
  if (options_.schema == 0 || how || how.error().code != core::ErrorCode::NotFound) return false;
  const auto controller = std::find(own_.begin(), own_.end(), kind);
  if (controller == own_.end()) return false;
  schemas_.doubt(static_cast<std::size_t>(controller - own_.begin()), now.mono);
  started_.erase(kind);
  reflectors_[kind] = reflector_of(kind);
  return true;
}

// A newer CRD's status holds fields that this program does not know: only what differs is named.
void Engine::merge_status(const Outcome& outcome, plan::Write& write) const {
  const json::Object none;
  const json::Object* seen = outcome.status_seen.object();
  write.how = plan::Write::How::MergeStatus;
  write.body = json::merge_difference(seen == nullptr ? none : *seen, *outcome.status->object());
}

}  // namespace millrace::engine
