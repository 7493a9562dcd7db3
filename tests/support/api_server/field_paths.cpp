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

class Collector {
 public:
  Collector(const Shape& shape, Containers containers) : shape_(shape), containers_(containers) {}

  void object(const json::Object& o, const std::string& names) {
    for (const auto& [name, v] : o.members()) {
      path_.push_back("f:" + name);
      value(v, joined(names, name));
      path_.pop_back();
    }
  }
  FieldSet take() { return std::move(out_); }

 private:
  void value(const Value& v, const std::string& names) {
    if (const auto* o = v.object(); o != nullptr && !o->empty() && !shape_.atomic_map(names)) {
      if (containers_ == Containers::Include) out_.insert(path_);
      return object(*o, names);
    }
    const ListRule rule = v.array() != nullptr ? shape_.list(names) : ListRule{};
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

  const Shape& shape_;
  Containers containers_;
  Path path_{};
  FieldSet out_{};
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

FieldSet fields_of(const Value& object, const Shape& shape, Containers containers) {
  Collector collector(shape, containers);
  if (object.object() != nullptr) collector.object(*object.object(), "");
  return collector.take();
}

const Value* look_up(const Value& object, const Path& path, const Shape& shape) {
  std::string names;
  return descend(const_cast<Value&>(object), path, path.size(), shape, names);
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
