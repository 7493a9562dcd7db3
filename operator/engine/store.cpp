#include "engine/store.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/check.h"
#include "core/hash.h"
#include "json/codec.h"
#include "json/raw.h"
#include "kube/model/children.h"

namespace millrace::engine {
namespace {

// What covers() judges, as it is written: without what moves by itself.
std::string judged_part(std::string_view object) {
  constexpr std::array kMoving{std::string_view("managedFields"), std::string_view("resourceVersion"), std::string_view("generation")};
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += out.ends_with('{') ? "\"" : ",\"";
    out.append(name).append("\":").append(value);
  };
  out += '{';
  json::raw_members(object, [&](std::string_view name, std::string_view value) {
    if (name == "status") return true;
    if (name != "metadata") return add(name, value), true;
    add(name, "{");
    json::raw_members(value, [&](std::string_view inner, std::string_view its) {
      if (std::find(kMoving.begin(), kMoving.end(), inner) == kMoving.end()) add(inner, its);
      return true;
    });
    out += '}';
    return true;
  });
  return out += '}';
}

std::optional<std::int64_t> replicas_of(std::string_view object) {
  const std::string_view text = json::raw_member(json::raw_member(object, "spec"), "replicas");
  std::int64_t out = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), out).ec != std::errc()) return std::nullopt;
  return out;
}

}  // namespace

Store::Store(std::vector<Kind> kinds) : kinds_(std::move(kinds)), caches_(kinds_.size()) {}

std::size_t Store::index_of(const kube::Resource& kind) const {
  const auto it = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) { return *k.resource == kind; });
  MILLRACE_CHECK(it != kinds_.end() && "a kind that no controller watches is read or written");
  return static_cast<std::size_t>(it - kinds_.begin());
}

const Entry* Store::find(std::size_t kind, const kube::ObjectKey& key) const {
  const auto it = caches_[kind].objects.find(key);
  return it == caches_[kind].objects.end() ? nullptr : &it->second;
}

const Unreadable* Store::find_unreadable(std::size_t kind, const kube::ObjectKey& key) const {
  const auto it = caches_[kind].unreadable.find(key);
  return it == caches_[kind].unreadable.end() ? nullptr : &it->second;
}

std::vector<Topic> Store::indexes(std::size_t kind, const kube::ObjectMeta& meta, const void* object) const {
  std::vector<Topic> out;
  if (object != nullptr && kinds_[kind].group) out.push_back(group_topic(kind, meta.ns, kinds_[kind].group(object)));
  if (const kube::OwnerReference* owner = meta.controller()) out.push_back(owner_topic(kind, owner->uid));
  for (const std::string& label : kinds_[kind].indexed_labels) {
    if (const auto it = meta.labels.find(label); it != meta.labels.end()) out.push_back(label_topic(kind, meta.ns, label, it->second));
  }
  return out;
}

void Store::touch(std::size_t kind, const kube::ObjectMeta& meta, std::span<const Topic> indexes, Moved& out) {
  out.topics.push_back(key_topic(kind, meta.key()));
  out.topics.push_back(namespace_topic(kind, meta.ns));
  out.topics.insert(out.topics.end(), indexes.begin(), indexes.end());
}

void Store::erase_from(std::size_t kind, const kube::ObjectKey& key, Moved& out, bool same_in_group) {
  Cache& cache = caches_[kind];
  const kube::ObjectMeta* meta = find_meta(kind, key);
  if (meta == nullptr) return;
  const auto it = cache.objects.find(key);
  const void* object = it == cache.objects.end() ? nullptr : it->second.object.get();
  const std::vector<Topic> topics = indexes(kind, *meta, object);
  touch(kind, *meta, std::span(topics).subspan(same_in_group ? 1 : 0), out);
  out.keys.push_back(key);
  cache.unreadable.erase(key);
  if (object == nullptr) return;
  for (const Topic& topic : topics) cache.index.remove(topic, it->second.object);
  cache.bytes -= it->second.bytes;
  cache.objects.erase(it);
}

const kube::ObjectMeta* Store::find_meta(std::size_t kind, const kube::ObjectKey& key) const {
  if (const Entry* entry = find(kind, key)) return entry->meta;
  const Unreadable* unreadable = find_unreadable(kind, key);
  return unreadable == nullptr ? nullptr : &unreadable->meta;
}

// Not gone for good, and newer than what is there.
bool Store::is_news(std::size_t kind, const kube::ObjectMeta& meta) const {
  const auto dead = caches_[kind].tombstones.find(meta.key());
  if (dead != caches_[kind].tombstones.end() && dead->second.contains(meta.uid)) return false;
  const kube::ObjectMeta* before = find_meta(kind, meta.key());
  return before == nullptr || kube::compare_versions(meta.resource_version, before->resource_version) > 0;
}

// Nobody may plan with what it was before.
void Store::put_unreadable(std::size_t kind, Unreadable next, Moved& out) {
  const kube::ObjectKey key = next.meta.key();
  out.undecodable.emplace_back(key, next.why);
  if (key.name.empty()) return;
  erase_from(kind, key, out);
  touch(kind, next.meta, indexes(kind, next.meta, nullptr), out);
  if (out.keys.empty() || out.keys.back() != key) out.keys.push_back(key);
  caches_[kind].unreadable.insert_or_assign(key, std::move(next));
}

void Store::judge_later(std::size_t kind, std::string_view object, const Entry* before, Entry& next) const {
  if (!kinds_[kind].judged) return;
  next.replicas = replicas_of(object);
  std::string bytes = judged_part(object);
  next.fingerprint = core::fingerprint(bytes);
  const bool same = before != nullptr && before->meta->uid == next.meta->uid && before->fingerprint == next.fingerprint;
  if (same) next.verdict = before->verdict;
  if (!next.verdict) next.raw = std::make_shared<const std::string>(std::move(bytes));
}

void Store::put_into(std::size_t kind, std::string_view object, Moved& out) {
  // Half of what comes is the echo of our own writes: known before it is decoded.
  if (const kube::ObjectMeta meta = identity_of(object); !meta.name.empty() && !is_news(kind, meta)) return;
  auto decoded = kinds_[kind].decode(object);
  if (!decoded) return put_unreadable(kind, unreadable(object, decoded.error().message), out);
  Cache& cache = caches_[kind];
  Entry next{.object = std::move(*decoded)};
  next.meta = &kinds_[kind].meta(next.object.get());
  const kube::ObjectKey key = next.meta->key();
  const Entry* before = find(kind, key);
  judge_later(kind, object, before, next);
  const auto same_in_group = kinds_[kind].same_in_group;
  const bool same = before != nullptr && same_in_group != nullptr && same_in_group(before->object.get(), next.object.get());
  erase_from(kind, key, out, same);
  const std::vector<Topic> topics = indexes(kind, *next.meta, next.object.get());
  touch(kind, *next.meta, std::span(topics).subspan(same ? 1 : 0), out);
  if (out.keys.empty() || out.keys.back() != key) out.keys.push_back(key);
  for (const Topic& topic : topics) cache.index.add(topic, next.object, kinds_[kind].meta);
  next.bytes = sizeof(Entry) + sizeof(kube::ObjectKey) + kinds_[kind].bytes(next.object.get()) + (next.raw ? next.raw->size() : 0);
  cache.bytes += next.bytes;
  cache.objects.insert_or_assign(key, std::move(next));
}

void Store::replace(std::size_t kind, const Change& change, Moved& out) {
  Cache& cache = caches_[kind];
  std::map<kube::ObjectKey, std::set<std::string>> listed;
  for (const std::string& object : change.objects) {
    const kube::ObjectMeta meta = identity_of(object);
    listed[meta.key()].insert(meta.uid);
  }
  for (auto& [key, dead] : cache.tombstones) {
    const auto uids = listed.find(key);
    std::erase_if(dead, [&](const std::string& uid) { return uids == listed.end() || !uids->second.contains(uid); });
  }
  std::erase_if(cache.tombstones, [](const auto& dead) { return dead.second.empty(); });
  std::vector<kube::ObjectKey> lost;
  const auto lose = [&](const kube::ObjectMeta& meta) {
    const bool newer = kube::compare_versions(meta.resource_version, change.resource_version) > 0;
    if (!listed.contains(meta.key()) && (!newer || !change.installed)) lost.push_back(meta.key());
  };
  for (const auto& [key, entry] : cache.objects) lose(*entry.meta);
  for (const auto& [key, unreadable] : cache.unreadable) lose(unreadable.meta);
  for (const kube::ObjectKey& key : lost) erase_from(kind, key, out);
  for (const std::string& object : change.objects) put_into(kind, object, out);
  if (std::exchange(cache.installed, change.installed) != change.installed) out.topics.push_back(installed_topic(kind));
}

void Store::remove(std::size_t kind, const Change& change, Moved& out) {
  auto& tombstones = caches_[kind].tombstones;
  for (const std::string& object : change.objects) {
    const kube::ObjectMeta meta = identity_of(object);
    if (const auto dead = tombstones.find(meta.key()); dead != tombstones.end()) {
      dead->second.erase(meta.uid);
      if (dead->second.empty()) tombstones.erase(dead);
    }
    if (const auto* live = find_meta(kind, meta.key()); live != nullptr && live->uid == meta.uid) erase_from(kind, meta.key(), out);
  }
}

Store::Moved Store::apply(std::size_t kind, const Change& change) {
  Moved out;
  switch (change.what) {
    case Change::What::Replace:
      replace(kind, change, out);
      break;
    case Change::What::Put:
      for (const std::string& object : change.objects) put_into(kind, object, out);
      break;
    case Change::What::Gone:
      remove(kind, change, out);
      break;
  }
  return out;
}

Store::Moved Store::put(std::size_t kind, std::string_view object) {
  Moved out;
  put_into(kind, object, out);
  return out;
}

Store::Moved Store::gone(std::size_t kind, const kube::ObjectKey& key, std::string_view uid) {
  Moved out;
  const kube::ObjectMeta* live = find_meta(kind, key);
  if (live == nullptr || live->uid != uid) return out;
  caches_[kind].tombstones[key].insert(std::string(uid));
  erase_from(kind, key, out);
  return out;
}

template <typename Is>
Store::Objects Store::indexed(std::size_t kind, const Topic& topic, Is is) const {
  Objects out;
  for (const Index::Object& object : caches_[kind].index.of(topic)) {
    if (is(kinds_[kind].meta(object.get()), object.get())) out.push_back(object);
  }
  return out;
}

Store::Objects Store::owned(std::size_t kind, std::string_view uid) const {
  return indexed(kind, owner_topic(kind, uid), [&](const kube::ObjectMeta& meta, const void*) {
    const kube::OwnerReference* owner = meta.controller();
    return owner != nullptr && owner->uid == uid;
  });
}
Store::Objects Store::labelled(std::size_t kind, std::string_view ns, std::string_view label, std::string_view value) const {
  const auto& labels = kinds_[kind].indexed_labels;
  MILLRACE_CHECK(std::find(labels.begin(), labels.end(), label) != labels.end());  // else nothing would ever be found
  return indexed(kind, label_topic(kind, ns, label, value),
                 [&](const kube::ObjectMeta& meta, const void*) { return meta.ns == ns && meta.label(label) == value; });
}
Store::Objects Store::grouped(std::size_t kind, std::string_view ns, std::string_view group) const {
  return indexed(kind, group_topic(kind, ns, group),
                 [&](const kube::ObjectMeta& meta, const void* object) { return meta.ns == ns && kinds_[kind].group(object) == group; });
}
Store::Objects Store::everywhere(std::size_t kind, std::string_view label) const {
  Objects out;
  for (const auto& [key, entry] : caches_[kind].objects) {
    if (!entry.meta->label(label).empty()) out.push_back(entry.object);
  }
  return out;
}
Store::Objects Store::list(std::size_t kind, std::string_view ns) const {
  Objects out;
  const auto& all = caches_[kind].objects;
  for (auto it = all.lower_bound({std::string(ns), ""}); it != all.end() && it->first.ns == ns; ++it) out.push_back(it->second.object);
  return out;
}

Verdict Store::judge(std::size_t kind, const kube::ObjectKey& key, const json::Value& desired) {
  const auto it = caches_[kind].objects.find(key);
  MILLRACE_CHECK(it != caches_[kind].objects.end());
  Entry& entry = it->second;
  Verdict out{.hash = kube::applied_hash(desired)};
  if (entry.meta->annotation(kube::kAppliedAnnotation) != out.hash) {
    out.difference = "metadata.annotations[" + std::string(kube::kAppliedAnnotation) + "] is of another desired object";
    return out;
  }
  if (entry.verdict && entry.verdict->hash == out.hash) return *entry.verdict;
  if (!entry.raw) return out;
  const auto live = json::parse(*entry.raw);
  if (!live) return out;
  const json::Value whole = json::parse(json::dump(desired)).value();  // what it holds as bytes is looked into here
  out.covered = kube::covers(*live, whole);
  if (!out.covered) out.difference = kube::first_difference(*live, whole);
  entry.verdict = out;
  caches_[kind].bytes -= entry.raw->size();
  entry.bytes -= entry.raw->size();
  entry.raw.reset();
  return out;
}

}  // namespace millrace::engine
