#include "json/value.h"

#include <algorithm>

#include "core/check.h"
#include "core/hash.h"

namespace millrace::json {

namespace {
bool before(const Object::Member& m, std::string_view name) { return m.first < name; }
}  // namespace

Object::Object(std::initializer_list<Initial> members) {
  members_.reserve(members.size());
  for (const Initial& m : members) (*this)[m.name] = std::move(m.value);
}

Value& Object::operator[](std::string_view name) {
  // Documents mostly arrive sorted: the end is looked at first.
  if (members_.empty() || members_.back().first < name) return members_.emplace_back(std::string(name), Value()).second;
  const auto at = std::lower_bound(members_.begin(), members_.end(), name, before);
  if (at->first == name) return at->second;
  return members_.insert(at, Member(std::string(name), Value()))->second;
}

const Value* Object::find(std::string_view name) const {
  const auto at = std::lower_bound(members_.begin(), members_.end(), name, before);
  return at != members_.end() && at->first == name ? &at->second : nullptr;
}

Value* Object::find(std::string_view name) { return const_cast<Value*>(std::as_const(*this).find(name)); }

bool Object::erase(std::string_view name) {
  const auto at = std::lower_bound(members_.begin(), members_.end(), name, before);
  if (at == members_.end() || at->first != name) return false;
  members_.erase(at);
  return true;
}

std::size_t Object::size() const { return members_.size(); }

void Object::reserve(std::size_t size) { members_.reserve(size); }

bool Object::operator==(const Object& o) const { return members_ == o.members_; }

Value::Value(bool b) : v_(b) {}
Value::Value(int i) : v_(std::int64_t{i}) {}
Value::Value(std::int64_t i) : v_(i) {}
Value::Value(double d) : v_(d) {}
Value::Value(const char* s) : v_(std::string(s)) {}
Value::Value(std::string s) : v_(std::move(s)) {}
Value::Value(std::string_view s) : v_(std::string(s)) {}
Value::Value(Array a) : v_(std::move(a)) {}
Value::Value(Object o) : v_(std::move(o)) {}
Value::Value(Text t) : v_(std::move(t)) {}

Value::Value(const StringMap& m) {
  Object o;
  o.reserve(m.size());
  for (const auto& [name, text] : m) o[name] = text;
  v_ = std::move(o);
}

Value::Value(const std::vector<std::string>& v) {
  Array a;
  a.reserve(v.size());
  for (const std::string& text : v) a.emplace_back(text);
  v_ = std::move(a);
}

bool Value::is_null() const { return std::holds_alternative<std::nullptr_t>(v_); }
const Object* Value::object() const { return std::get_if<Object>(&v_); }
Object* Value::object() { return std::get_if<Object>(&v_); }
const Array* Value::array() const { return std::get_if<Array>(&v_); }
Array* Value::array() { return std::get_if<Array>(&v_); }
const std::string* Value::text() const { return std::get_if<std::string>(&v_); }
const Text* Value::bytes() const { return std::get_if<Text>(&v_); }

std::optional<std::int64_t> Value::integer() const {
  const auto* i = std::get_if<std::int64_t>(&v_);
  return i ? std::optional(*i) : std::nullopt;
}

std::optional<double> Value::number() const {
  if (const auto* d = std::get_if<double>(&v_)) return *d;
  if (const auto* i = std::get_if<std::int64_t>(&v_)) return static_cast<double>(*i);
  return std::nullopt;
}

std::optional<bool> Value::boolean() const {
  const auto* b = std::get_if<bool>(&v_);
  return b ? std::optional(*b) : std::nullopt;
}

const Value* Value::at(std::initializer_list<std::string_view> path) const {
  const Value* v = this;
  for (const std::string_view name : path) {
    const Object* o = v->object();
    v = o ? o->find(name) : nullptr;
    if (!v) return nullptr;
  }
  return v;
}

std::string Value::text_at(std::initializer_list<std::string_view> path) const {
  const Value* v = at(path);
  return v && v->text() ? *v->text() : std::string();
}

bool Value::operator==(const Value& o) const { return v_ == o.v_; }

Value merge_patch(Value target, const Value& patch) {
  const Object* changes = patch.object();
  if (!changes) return patch;
  if (!target.object()) target = Object();
  for (const auto& [name, change] : changes->members()) {
    if (change.is_null()) {
      target.object()->erase(name);
    } else {
      Value& slot = (*target.object())[name];
      slot = merge_patch(std::move(slot), change);
    }
  }
  return target;
}

std::string hash(const Value& v) { return "h1:" + core::sha256_hex(canonical(v)); }

}  // namespace millrace::json
