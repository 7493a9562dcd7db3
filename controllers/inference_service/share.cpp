#include "inference_service/share.h"

#include <algorithm>
#include <cstdlib>

namespace millrace::inference_service {
namespace {

// Distance of canary/(canary+stable) from weight %, as a fraction over (canary + stable): compared without rounding.
struct Miss {
  std::int64_t above, below;
};
Miss miss(std::int64_t weight, std::int64_t canary, std::int64_t stable) {
  return {std::abs(100 * canary - weight * (canary + stable)), canary + stable};
}
bool nearer(Miss a, Miss b) { return a.above * b.below < b.above * a.below; }

}  // namespace

std::int64_t share_of(std::int64_t canary, std::int64_t stable) {
  const std::int64_t all = canary + stable;
  return all == 0 ? 0 : (200 * canary + all) / (2 * all);
}

std::int64_t most_canaries(std::int64_t stable, std::string_view surge) {
  std::int64_t percent = 0;
  for (const char c : surge) {
    if (c >= '0' && c <= '9') percent = percent * 10 + (c - '0');
  }
  return std::max<std::int64_t>(1, stable * percent / 100);
}

std::int64_t canaries_for(std::int64_t weight, std::int64_t stable, std::int64_t most) {
  std::int64_t best = 1;
  for (std::int64_t count = 2; count <= most; ++count) {
    if (nearer(miss(weight, count, stable), miss(weight, best, stable))) best = count;
  }
  return best;
}

std::int64_t miss_of(std::int64_t weight, std::int64_t stable, std::int64_t most) {
  return std::abs(share_of(canaries_for(weight, stable, most), stable) - weight);
}

std::int64_t swapped_in(std::int64_t weight, std::int64_t replicas) {
  return std::clamp<std::int64_t>((weight * replicas + 50) / 100, 1, std::max<std::int64_t>(1, replicas - 1));
}

std::int64_t shrunk(std::int64_t count, std::int64_t from) {
  return std::max<std::int64_t>(0, count - std::max<std::int64_t>(1, from / 4));
}

}  // namespace millrace::inference_service
