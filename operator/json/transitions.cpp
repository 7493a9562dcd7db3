// What an update may not change: rules over before and after, immutable fields. As CEL's oldSelf: judged where both sides have the value.
#include "core/text.h"
#include "json/codec.h"

namespace millrace::json {

namespace {

using Kind = Codec::Kind;

struct Comparer {
  std::vector<std::string> found{};

  void say(const std::string& path, std::string_view what) {
    found.push_back(core::cut((path.empty() ? "" : path + ": ") + std::string(what), 200));
  }
  void object(const void* before, const void* after, const Schema& schema, const std::string& path);
  void field(const void* before, const void* after, const Field& f, const std::string& path);
  void any(const void* before, const void* after, const Codec& codec, const Limits& limits, const std::string& path);
  void keyed(const void* before, const void* after, const Codec& codec, std::string_view key, const std::string& path);
};

Value alone(const void* owner, const Field& f) {
  const Field one[] = {f};
  const Value document = encode_from(owner, Schema{.doc = {}, .fields = one});
  const Value* member = document.object()->find(f.name);
  return member ? *member : Value();
}

const std::string* key_of(const void* item, const Schema& schema, std::string_view key) {
  for (const Field& f : schema.fields) {
    if (f.name == key && f.codec->kind == Kind::String) return static_cast<const std::string*>(f.at(const_cast<void*>(item)));
  }
  return nullptr;
}

void Comparer::keyed(const void* before, const void* after, const Codec& codec, std::string_view key, const std::string& path) {
  const Codec& each = *codec.element;
  if (key.empty() || each.kind != Kind::Struct) return;  // items of atomic lists have no past
  for (std::size_t i = 0; i < codec.size(after); ++i) {
    const std::string* name = key_of(codec.item(after, i), *each.schema, key);
    for (std::size_t j = 0; name && j < codec.size(before); ++j) {
      const std::string* past = key_of(codec.item(before, j), *each.schema, key);
      if (past && *past == *name) object(codec.item(before, j), codec.item(after, i), *each.schema, path + "[" + std::to_string(i) + "]");
    }
  }
}

void Comparer::any(const void* before, const void* after, const Codec& codec, const Limits& limits, const std::string& path) {
  if (codec.kind == Kind::Struct) return object(before, after, *codec.schema, path);
  if (codec.kind == Kind::List) return keyed(before, after, codec, limits.list_key, path);
  if (codec.kind != Kind::Optional || !codec.size(before) || !codec.size(after)) return;
  any(codec.item(before, 0), codec.item(after, 0), *codec.element, limits, path);
}

void Comparer::field(const void* before, const void* after, const Field& f, const std::string& path) {
  if (f.limits.immutable) {
    const Value past = alone(before, f), present = alone(after, f);
    if (!past.is_null() && !present.is_null() && !(past == present)) return say(path, "is immutable");
  }
  any(f.at(const_cast<void*>(before)), f.at(const_cast<void*>(after)), *f.codec, f.limits, path);
}

void Comparer::object(const void* before, const void* after, const Schema& schema, const std::string& path) {
  for (const Rule& rule : schema.rules) {
    if (rule.holds_over && !rule.holds_over(before, after)) say(path, rule.message);
  }
  for (const Field& f : schema.fields) field(before, after, f, path.empty() ? std::string(f.name) : path + "." + std::string(f.name));
}

}  // namespace

std::vector<std::string> transition_violations(const void* before, const void* after, const Schema& schema, std::string_view path) {
  Comparer comparer;
  comparer.object(before, after, schema, std::string(path));
  return std::move(comparer.found);
}

}  // namespace millrace::json
