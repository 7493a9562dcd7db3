#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/quantity.h"
#include "core/text.h"
#include "kube/model/children.h"

namespace millrace::kube {
namespace {

using json::Array;
using json::Object;
using json::Value;

struct Difference {
  std::string path{};  // grows from the leaf to the root while the search returns
  std::string live{}, desired{};
};
using Verdict = std::optional<Difference>;

// Where a value stands: the member's name decides how lists are matched and whether texts are quantities.
struct Place {
  std::string_view field{};
  bool quantities = false;
};

struct ListKey {
  std::string_view field;
  std::array<std::string_view, 3> keys;  // the first that the desired item has is its key
};

// Merge keys of the built-in kinds that we render (k8s.io/api, patchMergeKey and listMapKey); a list that is not here is atomic.
constexpr ListKey kListKeys[] = {
    {"containers", {"name"}},
    {"initContainers", {"name"}},
    {"volumes", {"name"}},
    {"env", {"name"}},
    {"volumeMounts", {"mountPath"}},
    {"volumeDevices", {"devicePath"}},
    {"ports", {"containerPort", "port", "name"}},
    {"imagePullSecrets", {"name"}},
    {"hostAliases", {"ip"}},
    {"topologySpreadConstraints", {"topologyKey"}},
    {"ownerReferences", {"uid"}},
};
constexpr std::string_view kQuantityFields[] = {"requests", "limits", "sizeLimit", "storage"};
constexpr std::string_view kJudgedMetadata[] = {"labels", "annotations", "ownerReferences", "finalizers"};
constexpr std::size_t kLongestShown = 200;

template <class List>
bool contains(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool is_empty(const Value& v) {
  if (v.is_null()) return true;
  if (const auto* text = v.text()) return text->empty();
  if (const auto* list = v.array()) return list->empty();
  if (const auto* object = v.object())
    return std::all_of(object->members().begin(), object->members().end(), [](const auto& m) { return is_empty(m.second); });
  return false;
}

std::optional<std::int64_t> quantity(const Value& v) {
  if (const auto* text = v.text()) return core::quantity_millis(*text);
  if (const auto whole = v.integer()) return core::quantity_millis(std::to_string(*whole));
  return std::nullopt;
}

std::string shown(const Value* v) { return v ? core::cut(json::dump(*v), kLongestShown) : "nothing"; }

Difference differ(const Value* live, const Value& desired) { return {.path = {}, .live = shown(live), .desired = shown(&desired)}; }

Verdict under(std::string_view segment, Verdict verdict) {
  if (!verdict) return verdict;
  const bool joined = verdict->path.empty() || verdict->path.front() == '[';
  verdict->path = std::string(segment) + (joined ? "" : ".") + verdict->path;
  return verdict;
}

Verdict judge(const Value& live, const Value& desired, Place place);

Verdict judge_object(const Value& live, const Object& desired, bool quantities) {
  const Object* have = live.object();
  for (const auto& [name, want] : desired.members()) {
    const Value* found = have ? have->find(name) : nullptr;
    Verdict verdict;
    if (found) {
      verdict = judge(*found, want, {name, quantities || contains(kQuantityFields, name)});
    } else if (!is_empty(want)) {
      verdict = differ(nullptr, want);
    }
    if (verdict) return under(name, std::move(verdict));
  }
  return std::nullopt;
}

// The name of the member that identifies `item` in the list `field`; empty when the list is atomic.
std::string_view key_of(std::string_view field, const Value& item) {
  const auto row = std::find_if(std::begin(kListKeys), std::end(kListKeys), [&](const ListKey& k) { return k.field == field; });
  if (row == std::end(kListKeys) || !item.object()) return {};
  const auto key =
      std::find_if(row->keys.begin(), row->keys.end(), [&](std::string_view k) { return !k.empty() && item.object()->find(k); });
  return key == row->keys.end() ? std::string_view() : *key;
}

// A port is known by number and protocol; TCP is what an absent protocol means.
std::string_view protocol_of(const Object& item) {
  const Value* protocol = item.find("protocol");
  return protocol && protocol->text() ? std::string_view(*protocol->text()) : "TCP";
}

const Value* matching(const Array& list, std::string_view field, std::string_view key, const Object& want) {
  for (const Value& item : list) {
    if (!item.object()) continue;
    const Value* have = item.object()->find(key);
    if (!have || !(*have == *want.find(key))) continue;
    if (field == "ports" && protocol_of(*item.object()) != protocol_of(want)) continue;
    return &item;
  }
  return nullptr;
}

std::string bracketed(const Value& key) { return "[" + (key.text() ? *key.text() : json::dump(key)) + "]"; }

Verdict judge_keyed(const Array* live, const Array& desired, Place place) {
  for (const Value& want : desired) {
    const std::string_view key = key_of(place.field, want);
    const Value& id = *want.object()->find(key);
    const Value* have = live ? matching(*live, place.field, key, *want.object()) : nullptr;
    if (!have) return under(bracketed(id), differ(nullptr, want));
    if (auto verdict = judge(*have, want, {{}, place.quantities})) return under(bracketed(id), std::move(verdict));
  }
  return std::nullopt;
}

Verdict judge_set(const Value& live, const Array& desired) {
  const Array* have = live.array();
  for (const Value& want : desired) {
    if (!have || std::find(have->begin(), have->end(), want) == have->end()) return differ(&live, want);
  }
  return std::nullopt;
}

Verdict judge_list(const Value& live, const Array& desired, Place place) {
  const Array* have = live.array();
  if (place.field == "finalizers") return judge_set(live, desired);
  const bool keyed =
      !desired.empty() && std::all_of(desired.begin(), desired.end(), [&](const Value& v) { return !key_of(place.field, v).empty(); });
  if (keyed) return judge_keyed(have, desired, place);
  if (desired.empty() && is_empty(live)) return std::nullopt;
  if (!have || have->size() != desired.size()) return differ(&live, desired);
  for (std::size_t i = 0; i < desired.size(); ++i) {
    if (auto verdict = judge((*have)[i], desired[i], {{}, place.quantities}))
      return under("[" + std::to_string(i) + "]", std::move(verdict));
  }
  return std::nullopt;
}

Verdict judge(const Value& live, const Value& desired, Place place) {
  if (const Object* want = desired.object()) {
    if (!live.object() && !is_empty(live)) return differ(&live, desired);
    return judge_object(live, *want, place.quantities);
  }
  if (const Array* want = desired.array()) return judge_list(live, *want, place);
  if (live == desired || (is_empty(live) && is_empty(desired))) return std::nullopt;
  if (place.quantities) {
    const auto have = quantity(live), want = quantity(desired);
    if (have && have == want) return std::nullopt;
  }
  return differ(&live, desired);
}

Verdict judge_metadata(const Value* live, const Value& desired) {
  static const Value kNothing = Object{};
  if (!desired.object()) return std::nullopt;
  Object judged;
  for (const auto& [name, want] : desired.object()->members()) {
    if (contains(kJudgedMetadata, name)) judged[name] = want;
  }
  return under("metadata", judge_object(live ? *live : kNothing, judged, false));
}

Verdict judge_root(const Value& live, const Value& desired) {
  if (!desired.object() || !live.object()) return judge(live, desired, {});
  for (const auto& [name, want] : desired.object()->members()) {
    if (name == "apiVersion" || name == "kind" || name == "status") continue;
    const Value* have = live.object()->find(name);
    if (name == "metadata") {
      if (auto verdict = judge_metadata(have, want)) return verdict;
    } else if (have) {
      if (auto verdict = judge(*have, want, {name, false})) return under(name, std::move(verdict));
    } else if (!is_empty(want)) {
      return under(name, differ(nullptr, want));
    }
  }
  return std::nullopt;
}

}  // namespace

bool covers(const Value& live, const Value& desired) { return !judge_root(live, desired); }

std::string first_difference(const Value& live, const Value& desired) {
  const auto verdict = judge_root(live, desired);
  return verdict ? verdict->path + ": " + verdict->live + " instead of " + verdict->desired : std::string();
}

}  // namespace millrace::kube
