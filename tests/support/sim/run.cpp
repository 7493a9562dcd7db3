#include "support/sim/run.h"

#include "core/hash.h"

namespace millrace::sim {
namespace {

using json::Object;

constexpr int kDeletions = 2;  // what was on its way when people deleted all is deleted, too

engine::Options options_of(const Story& story) {
  engine::Options out;
  if (story.leased) out.lease = engine::LeaseOptions{.ns = "default", .name = "millrace"};
  return out;
}

template <class F>
void for_ours(const ApiServer& server, const F& f) {
  for (const auto& kind : all_kinds()) {
    if (!kind.custom || kind.add_on) continue;
    const Store::Objects objects = server.store().objects(kind);
    for (const auto& [key, stored] : objects) f(kind, key, stored->object);
  }
}

}  // namespace

Run::Run(const Story& story) : story_(&story), sim_(story.controllers, story.script, options_of(story)) {
  sim_.poisoned = story.poisoned;
  sim_.unfenced = story.unfenced;
  sim_.prometheus = story.prometheus;
  hide_canary(sim_.server, sim_.now());
}

void Run::go(Fate fate) {
  const bool write = next_write() != 0, line = next_line() != 0;
  if (!write && !line && sim_.at_rest()) return rest();
  writes_ += write ? 1 : 0;
  lines_ += line ? 1 : 0;
  if (fate != Fate::Ok) decisions_.push_back({write ? writes_ : lines_, fate});
  if (fate == Fate::Spoil) spoil();
  if (fate == Fate::Delete) delete_all();
  if (fate == Fate::Wipe && aim_ == Aim::Reference) aim_ = Aim::Essence;
  sim_.go(fate);
  if (++things_ > kMostThings) sim_.trouble.push_back("no end after " + std::to_string(kMostThings) + " things");
  if (write) judge_write();
}

void Run::judge_write() {
  for (auto& why : oracles_.after_write(sim_.server)) sim_.trouble.push_back("after a write: " + why);
  if (!story_->always) return;
  if (std::string why = story_->always(sim_.server); !why.empty()) sim_.trouble.push_back("after a write: " + why);
}

void Run::rest() {
  for (auto& why : at_rest(sim_)) sim_.trouble.push_back("at rest: " + why);
  if (!spoilt_.empty()) return mend();
  if (aim_ == Aim::Nothing && deletions_ < kDeletions) return delete_all();
  if (aim_ == Aim::Nothing || act_ == story_->acts.size()) {
    over_ = true;
    return;
  }
  const Act& act = story_->acts[act_++];
  sim_.let_pass(act.later);
  if (act.act) act.act(sim_.server, sim_.now());
  if (act.happens) act.happens(sim_);
}

// As an older, looser CRD let it in.
void Run::spoil() {
  if (!spoilt_.empty()) return;
  sim_.poisoned = true;
  for_ours(sim_.server, [&](const KindRules& kind, const kube::ObjectKey& key, const json::Value& object) {
    spoilt_[path_of(kind, key)] = *object.at({"spec"});
    sim_.server.let_in(*kind.resource, key.ns, key.name, Object{{"model", 5}, {"replicas", "many"}});
  });
}

void Run::mend() {
  for_ours(sim_.server, [&](const KindRules& kind, const kube::ObjectKey& key, const json::Value&) {
    const auto former = spoilt_.find(path_of(kind, key));
    if (former != spoilt_.end()) sim_.server.let_in(*kind.resource, key.ns, key.name, former->second);
  });
  spoilt_.clear();
  sim_.poisoned = story_->poisoned;
}

void Run::delete_all() {
  aim_ = Aim::Nothing;
  ++deletions_;
  for_ours(sim_.server, [&](const KindRules& kind, const kube::ObjectKey& key, const json::Value&) {
    sim_.server.handle({.method = "DELETE", .path = path_of(kind, key)}, sim_.now(), "person");
  });
}

std::optional<std::uint64_t> Run::state() {
  if (story_->leased && looked_at_ == sim_.changes()) return std::nullopt;
  if (!sim_.quiet() || !spoilt_.empty()) return std::nullopt;
  looked_at_ = sim_.changes();
  if (std::string why = sim_.lag(); !why.empty()) {  // an object that is being adopted is known before its label lets it be watched
    if (sim_.at_rest()) sim_.trouble.push_back("at rest: " + why);
    return std::nullopt;
  }
  return core::fingerprint(std::to_string(act_) + " " + std::to_string(deletions_) + " " + std::to_string(sim_.state()));
}

}  // namespace millrace::sim
