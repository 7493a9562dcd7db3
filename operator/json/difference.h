// The merge patch between two objects. Pure.
#pragma once

#include "json/value.h"

namespace millrace::json {

// The patch (RFC 7396) that makes `to` of `from`: members that differ, null for those that go; an empty object when nothing differs.
// `to` holds no null, which a patch cannot say.
Object merge_difference(const Object& from, const Object& to);

}  // namespace millrace::json
