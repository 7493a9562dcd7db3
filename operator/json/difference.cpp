#include "json/difference.h"

namespace millrace::json {

Object merge_difference(const Object& from, const Object& to) {
  Object out;
  for (const auto& [name, old] : from.members()) {
    if (to.find(name) == nullptr) out[name] = nullptr;
  }
  for (const auto& [name, wanted] : to.members()) {
    const Value* old = from.find(name);
    if (old != nullptr && *old == wanted) continue;
    const bool deeper = old != nullptr && old->object() != nullptr && wanted.object() != nullptr;
    out[name] = deeper ? Value(merge_difference(*old->object(), *wanted.object())) : wanted;
  }
  return out;
}

}  // namespace millrace::json
