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

// The least number of stable pods whose best count misses the weight by at most `tolerance`; 0: none up to 1000.
std::int64_t replicas_that_reach(std::int64_t weight, std::string_view surge, std::int64_t tolerance);

// The next count of a revision on its way out: a quarter of `from` less, at least one.
std::int64_t shrunk(std::int64_t count, std::int64_t from);

}  // namespace millrace::inference_service
