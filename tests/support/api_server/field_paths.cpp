#include "support/api_server/field_paths.h"

#include <algorithm>
#include <iterator>

namespace millrace::sim {
namespace {

using json::Value;

std::string joined(std::string_view names, std::string_view name) {
  std::string out(names);
  if (!out.empty()) out += '.';
  out += name;
  return out;
}

bool is_map(const Value& v, const Shape& shape, const std::string& names) {
  return v.object() != nullptr && !v.object()->empty() && !shape.atomic_map(names);
}

ListRule rule_of(const Value& v, const Shape& shape, const std::string& names) {
  return v.array() != nullptr ? shape.list(names) : ListRule{};
}

enum class Containers { Leave, Include };

class Collector {
 public:
  Collector(const Shape& shape, Containers containers, Path path, FieldSet& out)
      : shape_(shape), containers_(containers), path_(std::move(path)), out_(out) {}

  void object(const json::Object& o, const std::string& names) {
    for (const auto& [name, v] : o.members()) {
      path_.push_back("f:" + name);
      value(v, joined(names, name));
      path_.pop_back();
    }
  }
  void value(const Value& v, const std::string& names) {
    if (is_map(v, shape_, names)) {
      if (containers_ == Containers::Include) out_.insert(path_);
      return object(*v.object(), names);
    }
    const ListRule rule = rule_of(v, shape_, names);
    if (rule.type == ListRule::Type::Atomic) {
      out_.insert(path_);
      return;
    }
    if (containers_ == Containers::Include) out_.insert(path_);
    for (const auto& item : *v.array()) list_item(rule, item, names);
  }
  void list_item(const ListRule& rule, const Value& item, const std::string& names) {
    path_.push_back(item_segment(rule, item));
    out_.insert(path_);
    if (item.object() != nullptr) object(*item.object(), names);
    path_.pop_back();
  }

 private:
  const Shape& shape_;
  Containers containers_;
  Path path_;
  FieldSet& out_;
};

// Walks two objects at once and stops where they are equal: a write changes little of a big object.
class Comparer {
 public:
  explicit Comparer(const Shape& shape) : shape_(shape) {}

  void objects(const json::Object& before, const json::Object& after, const std::string& names) {
    for (const auto& [name, v] : after.members()) {
      const Value* was = before.find(name);
      if (was != nullptr && *was == v) continue;
      path_.push_back("f:" + name);
      pair(was, &v, joined(names, name));
      path_.pop_back();
    }
    for (const auto& [name, v] : before.members()) {
      if (after.find(name) != nullptr) continue;
      path_.push_back("f:" + name);
      pair(&v, nullptr, joined(names, name));
      path_.pop_back();
    }
  }
  FieldChanges take() { return std::move(out_); }

 private:
  void whole(const Value& v, const std::string& names, FieldSet& into) {
    Collector(shape_, Containers::Include, path_, into).value(v, names);
  }

  // The field stands in both: it is its new writer's where it is a leaf now; what lies below one of them only came or went.
  void pair(const Value* before, const Value* after, const std::string& names) {
    if (before == nullptr) return whole(*after, names, out_.changed);
    if (after == nullptr) return whole(*before, names, out_.removed);
    const bool map_before = is_map(*before, shape_, names), map_after = is_map(*after, shape_, names);
    if (map_before && map_after) return objects(*before->object(), *after->object(), names);
    const ListRule rule_before = rule_of(*before, shape_, names), rule_after = rule_of(*after, shape_, names);
    const bool list_before = rule_before.type != ListRule::Type::Atomic, list_after = rule_after.type != ListRule::Type::Atomic;
    if (list_before && list_after) return lists(rule_after, *before->array(), *after->array(), names);
    FieldSet was, is;
    whole(*before, names, was);
    whole(*after, names, is);
    if (is.size() > 1) is.erase(path_);
    for (const auto& p : is) out_.changed.insert(p);
    for (const auto& p : was) {
      if (p != path_ && !is.contains(p)) out_.removed.insert(p);
    }
  }

  void lists(const ListRule& rule, const json::Array& before, const json::Array& after, const std::string& names) {
    std::map<std::string, const Value*> was, is;
    for (const auto& item : before) was.emplace(item_segment(rule, item), &item);
    for (const auto& item : after) is.emplace(item_segment(rule, item), &item);
    for (const auto& [segment, item] : is) {
      const auto old = was.find(segment);
      if (old == was.end()) {
        Collector(shape_, Containers::Include, path_, out_.changed).list_item(rule, *item, names);
      } else if (!(*old->second == *item) && item->object() != nullptr) {
        path_.push_back(segment);
        objects(*old->second->object(), *item->object(), names);
        path_.pop_back();
      }
    }
    for (const auto& [segment, item] : was) {
      if (!is.contains(segment)) Collector(shape_, Containers::Include, path_, out_.removed).list_item(rule, *item, names);
    }
    if (after.empty()) out_.changed.insert(path_);
  }

  const Shape& shape_;
  Path path_{};
  FieldChanges out_{};
};

// Where the parent of a path's last segment lies; nullptr where the path ends early.
Value* descend(Value& object, const Path& path, std::size_t count, const Shape& shape, std::string& names) {
  Value* at = &object;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& segment = path[i];
    if (segment[0] == 'f') {
      auto* o = at->object();
      at = o != nullptr ? o->find(std::string_view(segment).substr(2)) : nullptr;
      names = joined(names, std::string_view(segment).substr(2));
    } else {
      auto* list = at->array();
      if (list == nullptr) return nullptr;
      const ListRule rule = shape.list(names);
      const auto hit = std::ranges::find_if(*list, [&](const Value& v) { return item_segment(rule, v) == segment; });
      at = hit == list->end() ? nullptr : &*hit;
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace

std::string item_segment(const ListRule& rule, const Value& item) {
  if (rule.type != ListRule::Type::Map || item.object() == nullptr) return "v:" + json::dump(item);
  json::Object keys;
  for (const auto& key : rule.keys) {
    const Value* v = item.object()->find(key);
    if (v != nullptr) {
      keys[key] = *v;
    } else if (key == "protocol") {
      keys[key] = "TCP";
    }
  }
  return "k:" + json::dump(Value(std::move(keys)));
}

FieldSet fields_of(const Value& object, const Shape& shape) {
  FieldSet out;
  if (object.object() != nullptr) Collector(shape, Containers::Leave, {}, out).object(*object.object(), "");
  return out;
}

FieldChanges differing_fields(const Value& before, const Value& after, const Shape& shape) {
  Comparer comparer(shape);
  comparer.objects(*before.object(), *after.object(), "");
  return comparer.take();
}

void remove_at(Value& object, const Path& path, const Shape& shape) {
  std::string names;
  Value* parent = descend(object, path, path.size() - 1, shape, names);
  if (parent == nullptr) return;
  const std::string& last = path.back();
  if (last[0] == 'f') {
    if (parent->object() != nullptr) parent->object()->erase(std::string_view(last).substr(2));
    return;
  }
  if (parent->array() == nullptr) return;
  const ListRule rule = shape.list(names);
  std::erase_if(*parent->array(), [&](const Value& v) { return item_segment(rule, v) == last; });
}

FieldSet with_parents(const FieldSet& set) {
  FieldSet out = set;
  for (const auto& path : set) {
    for (std::size_t n = path.size() - 1; n > 0; --n) out.insert(Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(n)));
  }
  return out;
}

FieldSet minus(const FieldSet& a, const FieldSet& b) {
  FieldSet out;
  std::ranges::set_difference(a, b, std::inserter(out, out.end()));
  return out;
}

FieldSet both(const FieldSet& a, const FieldSet& b) {
  FieldSet out;
  std::ranges::set_intersection(a, b, std::inserter(out, out.end()));
  return out;
}

FieldSet either(const FieldSet& a, const FieldSet& b) {
  FieldSet out = a;
  out.insert(b.begin(), b.end());
  return out;
}

Value to_fields_v1(const FieldSet& set) {
  Value root{json::Object{}};
  for (const auto& path : set) {
    Value* at = &root;
    for (const auto& segment : path) {
      Value& next = (*at->object())[segment];
      if (next.is_null()) next = json::Object{};
      at = &next;
    }
    const auto after = set.upper_bound(path);
    const bool container = after != set.end() && after->size() > path.size() && std::equal(path.begin(), path.end(), after->begin());
    if (container || path.back()[0] == 'k') (*at->object())["."] = json::Object{};
  }
  return root;
}

std::string to_text(const Path& path) {
  std::string out;
  for (const auto& segment : path) {
    const std::string_view rest = std::string_view(segment).substr(2);
    if (segment[0] == 'f') {
      out += '.';
      out += rest;
    } else if (segment[0] == 'v') {
      out += "[=" + std::string(rest) + "]";
    } else {
      std::string inside;
      const auto keys = json::parse(rest);
      for (const auto& [name, v] : keys->object()->members()) inside += (inside.empty() ? "" : ",") + name + "=" + json::dump(v);
      out += "[" + inside + "]";
    }
  }
  return out;
}

}  // namespace millrace::sim
