// World: what the pass of one key may read. Each key, owner, label and group asked for is noted before it is looked at; a change of any
// wakes the key again; of a group with K::in_group() only what that tells. There are no watch-to-key mappings to write, and an absent
// object counts as read. Reading a kind that no controller watches does not compile into sense: it CHECKs. Thread contract: one World per
// pass, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.h"
#include "kube/model/meta.h"
#include "plan/plan.h"

namespace millrace::engine {

class WorldSource {  // the engine's side: caches, refusals, answers; the pass machine and tests implement it
 public:
  virtual ~WorldSource() = default;
  using Objects = std::vector<std::shared_ptr<const void>>;
  virtual std::shared_ptr<const void> get(const kube::Resource& kind, const kube::ObjectKey& key) = 0;
  virtual Objects owned(const kube::Resource& kind, std::string_view uid) = 0;                                                    // by name
  virtual Objects labelled(const kube::Resource& kind, std::string_view ns, std::string_view label, std::string_view value) = 0;  // by name
  virtual Objects grouped(const kube::Resource& kind, std::string_view ns, std::string_view group) = 0;                           // by name
  virtual Objects everywhere(const kube::Resource& kind, std::string_view label) = 0;
  virtual Objects list(const kube::Resource& kind, std::string_view ns) = 0;  // by name
  virtual bool installed(const kube::Resource&) { return true; }
};

class World {
 public:
  World(WorldSource& source, kube::ObjectKey who, core::Instant now, const std::vector<plan::Refusal>& refusals,
        const std::vector<plan::Fact>& facts, const plan::Heard& heard)
      : source_(source), who_(std::move(who)), now_(now), refusals_(refusals), facts_(facts), heard_(heard) {}

  core::Instant now() const { return now_; }
  // All reads but `everywhere` are in the namespace of the key: references name objects in the same namespace.
  template <class K>
  std::shared_ptr<const K> get(std::string_view name) const {
    return std::static_pointer_cast<const K>(source_.get(K::kResource, {who_.ns, std::string(name)}));
  }
  template <class K>
  std::vector<std::shared_ptr<const K>> owned(std::string_view owner_uid) const {
    return typed<K>(source_.owned(K::kResource, owner_uid));
  }
  template <class K>
  std::vector<std::shared_ptr<const K>> labelled(std::string_view label, std::string_view value) const {
    return typed<K>(source_.labelled(K::kResource, who_.ns, label, value));
  }
  // The objects whose K::group() is this: a change of any other one wakes nobody. Of a kind with K::in_group() its values are told:
  // who comes or goes wakes, and who says something else.
  template <class K>
  auto grouped(std::string_view group) const {
    auto objects = typed<K>(source_.grouped(K::kResource, who_.ns, group));
    if constexpr (requires(const K& k) { k.in_group(); }) {
      std::vector<decltype(std::declval<const K&>().in_group())> out;
      out.reserve(objects.size());
      for (const auto& object : objects) out.push_back(object->in_group());
      return out;
    } else {
      return objects;
    }
  }
  // The bearers of a label in every namespace, for limits of the whole cluster. It wakes nobody: who waits looks again on the clock.
  template <class K>
  std::vector<std::shared_ptr<const K>> everywhere(std::string_view label) const {
    return typed<K>(source_.everywhere(K::kResource, label));
  }
  template <class K>
  std::vector<std::shared_ptr<const K>> list() const {
    return typed<K>(source_.list(K::kResource, who_.ns));
  }
  // Does the cluster have the API of this optional kind? It wakes who asked when it appears or vanishes.
  template <class K>
  bool installed() const {
    return source_.installed(K::kResource);
  }
  const std::vector<plan::Refusal>& refusals() const { return refusals_; }  // of this object's uid
  const std::vector<plan::Fact>& facts() const { return facts_; }           // answers to questions of this key's last plan
  const plan::Heard& heard() const { return heard_; }                       // what was told of this object last

 private:
  template <class K>
  static std::vector<std::shared_ptr<const K>> typed(WorldSource::Objects objects) {
    std::vector<std::shared_ptr<const K>> out;
    out.reserve(objects.size());
    for (auto& o : objects) out.push_back(std::static_pointer_cast<const K>(std::move(o)));
    return out;
  }
  WorldSource& source_;
  kube::ObjectKey who_;
  core::Instant now_;
  const std::vector<plan::Refusal>& refusals_;
  const std::vector<plan::Fact>& facts_;
  const plan::Heard& heard_;
};

}  // namespace millrace::engine
