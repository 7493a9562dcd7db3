#include "support/sim/snapshot.h"

#include "core/hash.h"

namespace millrace::sim {
namespace {

using json::Value;

// "2026-01-01T00:10:43Z" and milliseconds since 1970, anywhere in a text: annotations, messages and tasks quote instants.
std::string without_times(std::string text) {
  constexpr std::string_view kShapes[] = {"dddd-dd-ddTdd:dd:ddZ", "ddddddddddddd"};
  const auto fits = [&](std::size_t from, std::string_view shape) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const char c = text[from + i];
      if (shape[i] == 'd' ? c < '0' || c > '9' : c != shape[i]) return false;
    }
    return true;
  };
  for (const std::string_view shape : kShapes) {
    for (std::size_t at = 0; at + shape.size() <= text.size(); ++at) {
      if (fits(at, shape)) text.replace(at, shape.size(), "(time)");
    }
  }
  return text;
}

constexpr std::string_view kNames[] = {"resourceVersion", "uid", "history"};
constexpr std::string_view kInjected[] = {"formerly", "example.org/meddled"};  // what fates put into objects
constexpr std::string_view kMoments[] = {"creationTimestamp", "observedGeneration", "generation", "rolloutGeneration"};

enum class Times { Kept, Masked };

void mask(Value& v, Times times = Times::Masked) {
  if (const auto* text = v.text(); times == Times::Masked && text != nullptr && text->size() >= 20) v = without_times(*text);
  if (v.array() != nullptr) {
    for (auto& item : *v.array()) mask(item, times);
  }
  if (v.object() == nullptr) return;
  for (const auto name : kNames) v.object()->erase(name);
  for (auto& [name, member] : v.object()->members()) mask(member, times);
  if (times == Times::Kept) return;
  for (const auto name : kMoments) v.object()->erase(name);
  for (const auto name : kInjected) v.object()->erase(name);
  for (const auto name : {"annotations", "labels"}) {
    const Value* marks = v.object()->find(name);
    if (marks != nullptr && marks->object() != nullptr && marks->object()->empty()) v.object()->erase(name);
  }
}

bool compared(const KindRules& kind) {
  return kind.resource->kind != "Event" && kind.resource->kind != "Lease" && *kind.resource != kSecret;
}

std::string masked(const Stored& stored, Times times) {
  Value v = stored.object;
  mask(v, times);
  return json::dump(v);
}

// Who owns which fields decides what a later apply removes.
std::string owners(const Stored& stored) {
  std::string out;
  for (const ManagedEntry& e : stored.managed) {
    out += "\n" + e.manager + " " + e.operation + " " + e.subresource + ":";
    for (const Path& path : e.fields) {
      for (const std::string& segment : path) out += segment;
      out += ' ';
    }
  }
  return out;
}

const Stored::Likeness& likeness_of(const Stored& stored) {
  if (!stored.likeness) {
    stored.likeness = {.now = core::fingerprint(masked(stored, Times::Kept) + owners(stored)),
                       .ever = core::fingerprint(masked(stored, Times::Masked))};
  }
  return *stored.likeness;
}

std::uint64_t likeness_of(const ApiServer& server, Times times) {
  std::string all;
  for (const auto& kind : all_kinds()) {
    if (!compared(kind)) continue;
    all += kind.resource->plural;
    for (const auto& [key, stored] : server.store().objects(kind)) {
      const Stored::Likeness& of = likeness_of(*stored);
      all += "\n" + key.ns + "/" + key.name + " " + std::to_string(times == Times::Kept ? of.now : of.ever);
    }
  }
  return core::fingerprint(all);
}

// Where an object of ours stands: what a lost status must come back to.
Value standing(const Value& v) {
  return json::Object{{"phase", v.text_at({"status", "phase"})},
                      {"modelVersion", v.text_at({"status", "modelVersion"})},
                      {"stable", v.text_at({"status", "stable", "version"})},
                      {"canary", v.text_at({"status", "canary", "version"})}};
}

}  // namespace

std::string path_of(const KindRules& kind, const kube::ObjectKey& key) { return kube::object_path(*kind.resource, key.ns, key.name); }

Snapshot snapshot(const ApiServer& server) {
  Snapshot out;
  for (const auto& kind : all_kinds()) {
    if (!compared(kind)) continue;
    for (const auto& [key, stored] : server.store().objects(kind)) out[path_of(kind, key)] = masked(*stored, Times::Masked);
  }
  return out;
}

Snapshot essence(const ApiServer& server) {
  Snapshot out;
  for (const auto& kind : all_kinds()) {
    if (!compared(kind)) continue;
    for (const auto& [key, stored] : server.store().objects(kind)) {
      Value v = stored->object;
      if (kind.custom) v = standing(v);
      mask(v);
      out[path_of(kind, key)] = json::dump(v);
    }
  }
  return out;
}

std::uint64_t fingerprint(const ApiServer& server) { return likeness_of(server, Times::Kept); }

std::uint64_t likeness(const ApiServer& server) { return likeness_of(server, Times::Masked); }

std::vector<std::string> differences(const Snapshot& is, const Snapshot& should) {
  std::vector<std::string> out;
  for (const auto& [path, text] : should) {
    const auto hit = is.find(path);
    if (hit == is.end()) {
      out.push_back(path + " is missing");
    } else if (hit->second != text) {
      std::size_t at = 0;
      while (at < text.size() && at < hit->second.size() && text[at] == hit->second[at]) ++at;
      const std::size_t from = at < 80 ? 0 : at - 80;
      out.push_back(path + " differs: …" + hit->second.substr(from, 240) + "… instead of …" + text.substr(from, 240) + "…");
    }
  }
  for (const auto& [path, text] : is) {
    if (!should.contains(path)) out.push_back(path + " should not be there");
  }
  return out;
}

}  // namespace millrace::sim
