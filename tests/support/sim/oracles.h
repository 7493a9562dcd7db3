// Oracles: what holds in every run, whatever its fates. After each write, and whenever all is at rest; a sentence for each that does not.
// Thread contract: plain value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/sim/sim.h"

namespace millrace::sim {

inline constexpr const char* kCanary = "canary-in-a-secret";  // a word that stands in a Secret of each story, and nowhere else

// A Secret that the operator has no business with.
void hide_canary(ApiServer& server, core::Instant now);

class Oracles {
 public:
  // At most one child of a purpose is at work; no status is about an older generation than before, or about one that is not there yet.
  std::vector<std::string> after_write(const ApiServer& server);

 private:
  std::map<std::string, std::int64_t> observed_{};  // observedGeneration by uid
};

// The engine keeps nothing of what is gone, and waits for nothing; who says Ready is, and says it of this generation.
std::vector<std::string> at_rest(const Sim& sim);
// No foreign field lost; the canary is where it was, in no other object, event or report.
std::vector<std::string> at_end(const Sim& sim);
// After people deleted all objects of our kinds: nothing that the operator made is left.
std::vector<std::string> left_behind(const ApiServer& server);

}  // namespace millrace::sim
