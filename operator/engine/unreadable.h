// Unreadable: an object that does not decode. What must be known to tell people so is still read of it, member by member.
// Thread contract: pure.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"
#include "kube/model/meta.h"

namespace millrace::engine {

struct Unreadable {
  kube::ObjectMeta meta{};  // name, namespace, uid, resourceVersion, generation and deletion alone
  json::Value status{};     // as it is stored; null when there is none
  std::string why{};        // the path, what stands there, and what may
  bool operator==(const Unreadable&) const = default;
};

// The same members, read from any object, without judging the rest. A name is missing: it is no object.
kube::ObjectMeta identity_of(std::string_view object);

Unreadable unreadable(std::string_view object, std::string why);

}  // namespace millrace::engine
