// Share: what weights mean where requests are split by counting pods (D15, D16). Pure arithmetic; weights and shares in percent.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::inference_service {

// canary / (canary + stable) in percent, rounded to the nearest; 0 when there is no pod.
std::int64_t share_of(std::int64_t canary, std::int64_t stable);

// Most pods of a canary below weight 100: `surge` ("50%") of stable's, at least one.
std::int64_t most_canaries(std::int64_t stable, std::string_view surge);

// The count in 1 … most that brings the share nearest to the weight; the smaller of two that are as near.
std::int64_t canaries_for(std::int64_t weight, std::int64_t stable, std::int64_t most);

// Points by which the best count misses the weight.
std::int64_t miss_of(std::int64_t weight, std::int64_t stable, std::int64_t most);

// Pods of the canary among `replicas` of both, with capacity Swap: the count nearest to the weight that leaves somebody to stable.
std::int64_t swapped_in(std::int64_t weight, std::int64_t replicas);

// The next count of a revision on its way out: a quarter of `from` less, at least one.
std::int64_t shrunk(std::int64_t count, std::int64_t from);

}  // namespace millrace::inference_service
