#include "plan/writes.h"

#include <algorithm>

#include "core/check.h"
#include "kube/model/children.h"

namespace millrace::plan {
namespace {

struct Context {
  const Wanted& wanted;
  const LookUp& look;
  Lane lane;
};

json::Object& metadata_of(json::Value& object) {
  MILLRACE_CHECK(object.object() != nullptr);
  json::Value& metadata = (*object.object())["metadata"];
  if (metadata.is_null()) metadata = json::Object{};
  MILLRACE_CHECK(metadata.object() != nullptr);
  return *metadata.object();
}

void annotate(json::Value& object, const json::StringMap& annotations) {
  json::Value& all = metadata_of(object)["annotations"];
  if (all.is_null()) all = json::Object{};
  for (const auto& [name, value] : annotations) {
    if (!value.empty()) (*all.object())[name] = value;
  }
}

json::Value first_object(const Child& child, json::Value desired) {
  if (!child.own_annotations.empty()) annotate(desired, child.own_annotations);
  if (child.replicas) {
    json::Value& spec = (*desired.object())["spec"];
    if (spec.is_null()) spec = json::Object{};
    (*spec.object())["replicas"] = *child.replicas;
  }
  return desired;
}

// Labels of ours that a live object lost: without managed-by the caches do not see it. Repaired together with our annotations.
json::Value annotation_patch(const Child& child, const kube::ObjectMeta& live) {
  json::Object annotations, labels;
  for (const auto& [name, value] : child.own_annotations) {
    const bool there = live.annotations.contains(name);
    if (value.empty() && there) annotations[name] = nullptr;
    if (!value.empty() && live.annotation(name) != value) annotations[name] = value;
  }
  const std::string managed = child.desired.text_at({"metadata", "labels", kube::kManagedByLabel});
  if (!managed.empty() && live.label(kube::kManagedByLabel) != managed) labels[kube::kManagedByLabel] = managed;
  json::Object metadata;
  if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
  if (!labels.empty()) metadata["labels"] = std::move(labels);
  if (metadata.empty()) return {};
  return json::Object{{"metadata", std::move(metadata)}};
}

bool is_adoptable(const kube::ObjectMeta& live, const kube::ObjectMeta& parent, const json::Value& desired) {
  const bool owned = desired.at({"metadata", "ownerReferences"}) != nullptr;
  return owned && live.controller() == nullptr && live.annotation(kAdoptAnnotation) == parent.name;
}

// What makes a child of a Job or ControllerRevision that was there before: its spec and data are not ours to write.
json::Value metadata_alone(const json::Value& desired) {
  json::Object out;
  for (const char* member : {"apiVersion", "kind", "metadata"}) {
    if (const json::Value* value = desired.at({member})) out[member] = *value;
  }
  return out;
}

Write write_for(const Context& in, Write::How how, const Child& child, json::Value body, const kube::ObjectMeta* live) {
  Write out{.lane = in.lane, .how = how, .kind = child.kind, .name = child.name, .body = std::move(body), .needs = child.needs};
  if (live != nullptr) {
    out.uid = live->uid;
    out.resource_version = live->resource_version;
  }
  out.hash = json::hash(out.body);
  return out;
}

std::optional<Write> write_of(const Context& in, const Child& child) {
  MILLRACE_CHECK(child.kind != nullptr && !child.name.empty());
  const bool judged = child.keep != Keep::CreatedOnce;
  const Live live = in.look(*child.kind, child.name, judged ? &child.desired : nullptr);
  const auto desired = [&] { return judged ? kube::with_applied_hash(child.desired) : child.desired; };
  if (live.meta == nullptr) {
    const auto how = child.keep == Keep::Living ? Write::How::Apply : Write::How::Create;
    return write_for(in, how, child, first_object(child, desired()), nullptr);
  }
  if (const std::string why = taken_by(*child.kind, *live.meta, *in.wanted.parent, child.desired); !why.empty()) {
    Write taken = write_for(in, Write::How::Taken, child, desired(), live.meta);
    taken.why = why;
    return taken;
  }
  if (live.meta->deleting()) return std::nullopt;  // its end wakes us
  if (!judged && is_adoptable(*live.meta, *in.wanted.parent, child.desired)) {
    return write_for(in, Write::How::Force, child, metadata_alone(first_object(child, desired())), live.meta);
  }
  if (judged && !live.covered) return write_for(in, Write::How::Force, child, desired(), live.meta);
  if (child.keep == Keep::Living) return std::nullopt;
  if (child.replicas && live.replicas != child.replicas) return write_for(in, Write::How::Scale, child, *child.replicas, live.meta);
  if (json::Value patch = annotation_patch(child, *live.meta); !patch.is_null()) {
    return write_for(in, Write::How::Annotate, child, std::move(patch), live.meta);
  }
  return std::nullopt;
}

void lane_of(const Context& in, const std::vector<Child>* children, std::vector<Write>& out) {
  if (children == nullptr) return;
  for (const Child& child : *children) {
    if (auto write = write_of(in, child)) out.push_back(std::move(*write));
  }
}

void deletes_of(const Wanted& wanted, const LookUp& look, std::vector<Write>& out) {
  if (wanted.deletes == nullptr) return;
  for (const Deletion& deletion : *wanted.deletes) {
    MILLRACE_CHECK(deletion.kind != nullptr && !deletion.uid.empty());
    const Live live = look(*deletion.kind, deletion.name, nullptr);
    if (live.meta == nullptr || live.meta->uid != deletion.uid || live.meta->deleting()) continue;
    out.push_back({.lane = Lane::Delete,
                   .how = Write::How::Delete,
                   .kind = deletion.kind,
                   .name = deletion.name,
                   .uid = deletion.uid,
                   .resource_version = deletion.resource_version,
                   .hash = deletion.uid});
  }
}

// The lists that the parent's finalizers become: first with what is wanted and not there, last without what is there and not wanted.
struct Lists {
  std::vector<std::string> held{}, left{};
};

Lists lists_of(const kube::ObjectMeta& parent, const std::vector<Finalizer>& finalizers) {
  Lists out{.held = parent.finalizers};
  for (const Finalizer& f : finalizers) {
    const bool there = std::find(out.held.begin(), out.held.end(), f.name) != out.held.end();
    if (f.wanted && !there && !parent.deleting()) out.held.push_back(f.name);
  }
  out.left = out.held;
  std::erase_if(out.left, [&](const std::string& name) {
    return std::any_of(finalizers.begin(), finalizers.end(), [&](const Finalizer& f) { return f.name == name && !f.wanted; });
  });
  return out;
}

Write finalize(const Wanted& wanted, Lane lane, const std::vector<std::string>& names) {
  json::Array list;
  for (const std::string& name : names) list.push_back(name);
  Write out{.lane = lane,
            .how = Write::How::Finalize,
            .kind = wanted.kind,
            .name = wanted.parent->name,
            .uid = wanted.parent->uid,
            .resource_version = wanted.parent->resource_version,
            .body = json::Object{{"metadata", json::Object{{"finalizers", std::move(list)}}}}};
  out.hash = json::hash(out.body);
  return out;
}

}  // namespace

bool goes_on(Lane failed, Lane next) {
  switch (failed) {
    case Lane::Hold:
      return next == Lane::Status;
    case Lane::Status:
      return false;
    case Lane::Traffic:
    case Lane::Children:
      return next != Lane::Delete && next != Lane::Release;
    case Lane::Delete:
      return next != Lane::Release;
    case Lane::Release:
      break;
  }
  return true;
}

Refusal::Verb verb_of(Write::How how) {
  switch (how) {
    case Write::How::Create:
    case Write::How::Taken:
      return Refusal::Verb::Create;
    case Write::How::Apply:
    case Write::How::Force:
    case Write::How::Contested:
      return Refusal::Verb::Apply;
    case Write::How::Status:
    case Write::How::MergeStatus:
    case Write::How::Annotate:
      return Refusal::Verb::Patch;
    case Write::How::Scale:
      return Refusal::Verb::Scale;
    case Write::How::Delete:
      return Refusal::Verb::Delete;
    case Write::How::Finalize:
      return Refusal::Verb::Finalize;
  }
  return Refusal::Verb::Apply;
}

std::string taken_by(const kube::Resource& kind, const kube::ObjectMeta& live, const kube::ObjectMeta& parent, const json::Value& desired) {
  if (live.uid == parent.uid || live.controlled_by(parent.uid) || is_adoptable(live, parent, desired)) return {};
  const kube::OwnerReference* owner = live.controller();
  const json::Value* owners = desired.at({"metadata", "ownerReferences"});
  const json::Value* labels = desired.at({"metadata", "labels"});
  if (owners == nullptr && labels != nullptr && labels->object() != nullptr && !labels->object()->empty()) {
    const auto& all = labels->object()->members();
    const bool ours =
        std::all_of(all.begin(), all.end(), [&](const auto& l) { return l.second.text() && live.label(l.first) == *l.second.text(); });
    if (ours) return {};
  }
  const std::string what = std::string(kind.kind) + " " + live.name + " exists already and is ";
  return owner == nullptr ? what + "not controlled by " + parent.name : what + "controlled by " + owner->kind + " " + owner->name;
}

std::vector<Write> writes(const Wanted& wanted, const LookUp& look) {
  MILLRACE_CHECK(wanted.kind != nullptr && wanted.parent != nullptr);
  std::vector<Write> out;
  const Lists lists = wanted.finalizers ? lists_of(*wanted.parent, *wanted.finalizers) : Lists{};
  if (lists.held.size() > wanted.parent->finalizers.size()) out.push_back(finalize(wanted, Lane::Hold, lists.held));
  if (wanted.status != nullptr) {
    out.push_back({.lane = Lane::Status,
                   .how = Write::How::Status,
                   .kind = wanted.kind,
                   .name = wanted.parent->name,
                   .uid = wanted.parent->uid,
                   .resource_version = wanted.parent->resource_version,
                   .body = *wanted.status});
  }
  lane_of({wanted, look, Lane::Traffic}, wanted.traffic, out);
  lane_of({wanted, look, Lane::Children}, wanted.children, out);
  deletes_of(wanted, look, out);
  if (lists.left.size() < lists.held.size()) out.push_back(finalize(wanted, Lane::Release, lists.left));
  return out;
}

// Intervals 1, 2, 4, 8, 15, 15 … minutes: `at` is the first refusal, `times` how often it was refused since.
core::Instant retry_at(const Refusal& refusal) {
  std::chrono::minutes total{0};
  for (int i = 0; i < std::clamp(refusal.times, 1, 1000); ++i)
    total += std::min(std::chrono::minutes(1 << std::min(i, 4)), std::chrono::minutes(15));
  return refusal.at + total;
}

}  // namespace millrace::plan
