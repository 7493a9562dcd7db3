// From a key to the steps of its pass: reconcile, what is already so, what was refused, what is contested.
#include <algorithm>
#include <exception>

#include "core/check.h"
#include "engine/engine.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kVolatilePause{10'000};
constexpr int kApplies = 3;

// It needs the fence that a status write would be. What changes the parent's finalizers is a fence itself.
bool needs_fence(const Step& step) {
  if (step.held || step.write.lane == plan::Lane::Hold) return false;
  return step.write.how != plan::Write::How::Taken && step.write.how != plan::Write::How::Contested;
}

}  // namespace

// Reads are noted with what was looked at, also where nothing was found.
class Engine::Source : public WorldSource {
 public:
  Source(const Store& store, std::set<Topic>& read) : store_(store), read_(read) {}
  std::shared_ptr<const void> get(const kube::Resource& resource, const kube::ObjectKey& key) override {
    const std::size_t kind = store_.index_of(resource);
    read_.insert(key_topic(kind, key));
    const Entry* entry = store_.find(kind, key);
    return entry == nullptr ? nullptr : entry->object;
  }
  Objects owned(const kube::Resource& resource, std::string_view uid) override {
    const std::size_t kind = store_.index_of(resource);
    read_.insert(owner_topic(kind, uid));
    return store_.owned(kind, uid);
  }
  Objects labelled(const kube::Resource& resource, std::string_view ns, std::string_view label, std::string_view value) override {
    const std::size_t kind = store_.index_of(resource);
    read_.insert(label_topic(kind, ns, label, value));
    return store_.labelled(kind, ns, label, value);
  }
  Objects grouped(const kube::Resource& resource, std::string_view ns, std::string_view group) override {
    const std::size_t kind = store_.index_of(resource);
    read_.insert(group_topic(kind, ns, group));
    return store_.grouped(kind, ns, group);
  }
  Objects everywhere(const kube::Resource& resource, std::string_view label) override {
    return store_.everywhere(store_.index_of(resource), label);
  }
  Objects list(const kube::Resource& resource, std::string_view ns) override {
    const std::size_t kind = store_.index_of(resource);
    read_.insert(namespace_topic(kind, ns));
    return store_.list(kind, ns);
  }
  bool installed(const kube::Resource& resource) override {
    const std::size_t kind = store_.index_of(resource);
    read_.insert(installed_topic(kind));
    return store_.installed(kind);
  }

 private:
  const Store& store_;
  std::set<Topic>& read_;
};

// A new object of the same name inherits nothing.
Engine::Memory& Engine::memory_of(const Who& who, const std::string& uid) {
  Memory& memory = memory_[who];
  if (memory.uid != uid) memory = Memory{.uid = uid};
  return memory;
}

std::optional<Outcome> Engine::reconcile(const Who& who, core::Now now, const Controller& controller, std::set<Topic>& read,
                                         std::string& bug) {
  const Entry* own = store_.find(own_[who.controller], who.key);
  Memory& memory = own == nullptr ? memory_[who] : memory_of(who, own->meta->uid);
  Source source(store_, read);
  read.insert(key_topic(own_[who.controller], who.key));
  const std::vector<plan::Refusal> refusals = memory.refusals.all();
  const std::vector<plan::Fact> facts = facts_.of(who);
  memory.news = false;
  memory.heard.since = listens_since_;
  try {
    return controller.reconcile(World(source, who.key, now.wall, refusals, facts, memory.heard), who.key);
  } catch (const std::exception& e) {  // one poison object never stops the others
    bug = e.what();
  }
  return std::nullopt;
}

// Only observations differ: written instead of a fence, or alone when the last status is old enough (D28).
bool Engine::status_due(const Who& who, const Outcome& outcome, bool alone, core::Now now) {
  if (!outcome.status || *outcome.status == outcome.status_seen) return false;
  if (outcome.decisions != outcome.decisions_seen || !alone) return true;
  const core::Ticks due = memory_[who].status_written + kVolatilePause;
  if (now.mono >= due) return true;
  queues_[who.controller].add_at(who.key, due);
  return false;
}

// Held back, contested or to be sent.
Step Engine::step_of(Memory& memory, plan::Write write, std::int64_t generation, const std::string& ns, core::Now now) {
  const std::size_t kind = store_.index_of(*write.kind);
  const ChildKey child{kind, {ns, write.name}};
  const Entry* live = store_.find(kind, child.second);
  Step out{.write = std::move(write), .about = {.generation = generation, .hash = out.write.hash}};
  if (live != nullptr) {
    const bool judged = store_.kinds()[kind].judged;
    const bool itself = out.write.how == plan::Write::How::Finalize;  // its own status writes change nothing of this
    out.about.live = live->meta->uid;
    if (!itself) out.about.live += judged ? std::to_string(live->fingerprint) : live->meta->resource_version;
  }
  const auto applies = memory.applies.find(child);
  const bool stuck = applies != memory.applies.end() && applies->second.hash == out.about.hash && applies->second.times >= kApplies;
  if (out.write.how == plan::Write::How::Force && stuck) {
    out.about.live = "contested";  // whatever the other side writes next: by the clock, no fight
    if (!memory.refusals.knows(out.write, out.about)) {
      out.write.how = plan::Write::How::Contested;
      out.write.why = out.write.name + " does not keep " + (live->verdict ? live->verdict->difference : "what was applied");
    }
  }
  out.held = memory.refusals.held(out.write, out.about, now.wall);
  return out;
}

// What the cache holds of a child; noted as read.
plan::Live Engine::live(const kube::ObjectKey& key, const kube::Resource& resource, const json::Value* desired, std::set<Topic>& read) {
  const std::size_t kind = store_.index_of(resource);
  read.insert(key_topic(kind, key));
  const Entry* entry = store_.find(kind, key);
  if (entry == nullptr) return {};
  plan::Live out{.meta = entry->meta, .replicas = entry->replicas};
  if (store_.kinds()[kind].judged && desired != nullptr) out.covered = store_.judge(kind, key, *desired).covered;
  return out;
}

// What stuck, or is no longer wanted, is not counted any more.
void Engine::forget_applies(Memory& memory, const std::vector<plan::Write>& wanted) const {
  std::erase_if(memory.applies, [&](const auto& applied) {
    return std::none_of(wanted.begin(), wanted.end(), [&](const plan::Write& w) {
      return w.how == plan::Write::How::Force && store_.index_of(*w.kind) == applied.first.first && w.name == applied.first.second.name;
    });
  });
}

std::vector<Step> Engine::steps(const Who& who, const Outcome& outcome, core::Now now, std::set<Topic>& read) {
  Memory& memory = memory_[who];
  const std::string& ns = outcome.parent.ns;
  const auto look = [&](const kube::Resource& resource, std::string_view name, const json::Value* desired) {
    return live({ns, std::string(name)}, resource, desired, read);
  };
  Refusals::Planned planned;
  for (const auto* lane : {&outcome.traffic, &outcome.children}) {
    for (const plan::Child& child : *lane) {
      planned.emplace(child.kind->kind, child.name);
      MILLRACE_CHECK(child.keep == plan::Keep::CreatedOnce || store_.kinds()[store_.index_of(*child.kind)].judged);
    }
  }
  const kube::Resource* own = store_.kinds()[own_[who.controller]].resource;
  const std::vector<plan::Write> children = plan::writes({.kind = own,
                                                          .parent = &outcome.parent,
                                                          .finalizers = &outcome.finalizers,
                                                          .traffic = &outcome.traffic,
                                                          .children = &outcome.children,
                                                          .deletes = &outcome.deletes},
                                                         look);
  forget_applies(memory, children);
  if (memory.refusals.keep(children, planned, outcome.parent.generation, now.wall)) memory.news = true;
  std::vector<Step> out;
  for (const plan::Write& write : children) out.push_back(step_of(memory, write, outcome.parent.generation, ns, now));
  if (status_due(who, outcome, std::none_of(out.begin(), out.end(), needs_fence), now)) {
    Step status{.write = plan::writes({.kind = own, .parent = &outcome.parent, .status = &*outcome.status}, look).front()};
    if (schemas_.merges(who.controller)) merge_status(outcome, status.write);
    const auto after_hold = std::find_if(out.begin(), out.end(), [](const Step& s) { return s.write.lane != plan::Lane::Hold; });
    out.insert(after_hold, std::move(status));
  }
  return out;
}

}  // namespace millrace::engine
