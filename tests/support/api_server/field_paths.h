// Paths of fields and sets of them, as managedFields names them (FieldsV1): "f:<member>", "k:<keys of a list item>", "v:<item of a set>".
// Shape says where a kind merges: lists by keys, sets, atomic lists and maps. Source: structured-merge-diff v6 (typed, fieldpath).
// Thread contract: values and pure functions.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "json/schema.h"
#include "json/value.h"

namespace millrace::sim {

using Path = std::vector<std::string>;
using FieldSet = std::set<Path>;

struct ListRule {
  enum class Type { Atomic, Set, Map };
  Type type = Type::Atomic;
  std::vector<std::string> keys{};  // Map only
};

// How the fields of one kind merge. `names` are member names joined by dots, list items left out: "spec.template.spec.containers".
class Shape {
 public:
  static Shape built_in(bool atomic_data = false);  // atomic_data: the member `data` is one piece
  static Shape of(const json::Schema& schema);
  ListRule list(std::string_view names) const;
  bool atomic_map(std::string_view names) const;

 private:
  void learn(const json::Schema& schema, const std::string& prefix);
  bool built_in_ = false;
  bool atomic_data_ = false;
  std::map<std::string, ListRule, std::less<>> lists_{};
};

// The segment that names one item of a list; the index decides only where keys are missing.
std::string item_segment(const ListRule& rule, const json::Value& item);

FieldSet fields_of(const json::Value& object, const Shape& shape);  // as an apply owns them: without maps and lists themselves

// What an update makes its writer's, maps and lists included, and what nobody owns any more.
struct FieldChanges {
  FieldSet changed{}, removed{};
};
FieldChanges differing_fields(const json::Value& before, const json::Value& after, const Shape& shape);

void remove_at(json::Value& object, const Path& path, const Shape& shape);

// Every path that is a proper prefix of a member and ends in a member name, added.
FieldSet with_parents(const FieldSet& set);
FieldSet minus(const FieldSet& a, const FieldSet& b);
FieldSet both(const FieldSet& a, const FieldSet& b);
FieldSet either(const FieldSet& a, const FieldSet& b);

json::Value to_fields_v1(const FieldSet& set);
std::string to_text(const Path& path);  // ".spec.template.spec.containers[name=\"a\"].image", as conflicts name it

}  // namespace millrace::sim
