// Restore: status rebuilt from what the operator's own objects carry, when it is empty and they are there (D21): a wiped status, a restore
// from a backup, an object made anew. Nobody gets more requests than before: stable is whom the entry points at. Pure.
#pragma once

#include "inference_service/facts.h"

namespace millrace::inference_service {

Status restored(const Observed& seen, const Facts& facts);

}  // namespace millrace::inference_service
