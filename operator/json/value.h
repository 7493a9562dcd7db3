// Value: a JSON document as a value. Small and out of line, so that units which build manifests compile fast.
// Objects keep their members sorted by name bytes; integers are exact 64-bit; doubles only where the text had a fraction or exponent.
// Build manifests with nested initialisers: Object{{"spec", Object{{"replicas", 3}, {"args", Array{"a", "b"}}}}}.
// Thread contract: plain value. Errors: the typed accessors return nullptr/nullopt when the type differs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/container/flat_map.hpp>

#include "core/result.h"

namespace millrace::json {

class Value;
using Array = std::vector<Value>;
// Labels and the like: a few entries, sorted by name, in one block of memory.
using StringMap = boost::container::flat_map<std::string, std::string>;

class Object {
 public:
  using Member = std::pair<std::string, Value>;
  struct Initial;  // a member in an initialiser; its value moves into the object
  Object() = default;
  Object(std::initializer_list<Initial> members);
  Value& operator[](std::string_view name);  // inserts null when absent
  const Value* find(std::string_view name) const;
  Value* find(std::string_view name);
  bool erase(std::string_view name);
  void reserve(std::size_t size);
  bool empty() const { return size() == 0; }
  std::size_t size() const;
  const std::vector<Member>& members() const { return members_; }  // sorted by name
  std::vector<Member>& members() { return members_; }              // keep the names as they are
  bool operator==(const Object&) const;

 private:
  std::vector<Member> members_;
};

// Compact JSON bytes, members sorted, of a leaf that nobody looks into, or of a whole document. As a part of a Value it is written as it
// stands; no accessor looks into it, and it equals nothing but the same bytes.
struct Text {
  std::string bytes{};
  bool operator==(const Text&) const = default;
};

class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool b);
  Value(int i);
  Value(std::int64_t i);
  Value(double d);
  Value(const char* s);
  Value(std::string s);
  Value(std::string_view s);
  Value(Array a);
  Value(Object o);
  Value(Text t);
  Value(const StringMap& m);
  Value(const std::vector<std::string>& v);

  bool is_null() const;
  const Object* object() const;
  Object* object();
  const Array* array() const;
  Array* array();
  const std::string* text() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;  // integers too
  std::optional<bool> boolean() const;
  const Text* bytes() const;

  // Follows member names; nullptr where the path ends early. at({"metadata", "name"}).
  const Value* at(std::initializer_list<std::string_view> path) const;
  std::string text_at(std::initializer_list<std::string_view> path) const;  // "" when absent or no text

  bool operator==(const Value&) const;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object, Text> v_;
};

struct Object::Initial {
  std::string name;
  mutable Value value;  // an initializer_list hands out constants, and a manifest would be copied once for each of its levels
};

// Strict JSON (RFC 8259), at most 3 MiB and 64 levels; of members of one name the last counts. Error: Invalid with the position, TooLarge.
// Two things that API servers pass on are mended instead: invalid UTF-8 (U+FFFD) and integers of more than 64 bits (doubles).
core::Result<Value> parse(std::string_view bytes);
std::string dump(const Value& v);    // compact; members sorted: also the canonical form when no double occurs
std::string pretty(const Value& v);  // two spaces, for people and golden files

// The canonical form that hashes are made of: members sorted by bytes, no white space, integers as decimal. CHECKs that no double occurs.
std::string canonical(const Value& v);
std::string hash(const Value& v);  // "h1:" + sha256 of canonical

// RFC 7396.
Value merge_patch(Value target, const Value& patch);

// YAML by the rules of sigs.k8s.io/yaml: 1 MiB, 64 levels, no aliases, no duplicate keys; several documents allowed.
core::Result<std::vector<Value>> parse_yaml(std::string_view bytes);
std::string to_yaml(const Value& v);

}  // namespace millrace::json
