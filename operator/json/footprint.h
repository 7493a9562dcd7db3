// How much memory a struct with a schema holds beside its own sizeof: an estimate of the heap, from its members.
// Thread contract: pure.
#pragma once

#include <cstddef>

#include "json/schema.h"

namespace millrace::json {

std::size_t footprint(const void* object, const Schema& schema);

}  // namespace millrace::json
