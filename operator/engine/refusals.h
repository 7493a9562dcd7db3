// Refusals: what the API server refused of one parent's writes, kept in memory until it is so, no longer wanted or replaced (D4).
// A refused write is held back until plan::retry_at, or until spec generation, desired object or live child changed.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"
#include "plan/plan.h"
#include "plan/writes.h"

namespace millrace::engine {

class Refusals {
 public:
  // What a refusal is about: while all three are the same, sending again is pointless before its time.
  struct About {
    std::int64_t generation = 0;  // of the parent's spec
    std::string hash{};           // of what is desired
    std::string live{};           // of the live child; "" when it is not there
    bool operator==(const About&) const = default;
  };

  bool held(const plan::Write& write, const About& about, core::Instant now) const;
  bool knows(const plan::Write& write, const About& about) const;
  void again(const plan::Write& write);  // sent once more, in vain
  // True when World shows something new: the parent wants another pass.
  bool refused(const plan::Write& write, const About& about, plan::Refusal refusal);
  bool settled(const plan::Write& write);
  // Called with all writes that a pass wanted and all children it planned (kind, name): a planned child without a write is so, its
  // refusal goes at once; that of one no longer planned goes when the spec changed or its time has come.
  using Planned = std::set<std::pair<std::string, std::string>>;
  bool keep(const std::vector<plan::Write>& wanted, const Planned& planned, std::int64_t generation, core::Instant now);

  std::vector<plan::Refusal> all() const;
  std::optional<core::Instant> next_retry() const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Key {
    std::string kind{}, name{};
    bool finalizers = false;  // of the parent, which may be annotated too
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    plan::Refusal refusal{};
    About about{};
  };
  static Key key(const plan::Write& write);
  std::map<Key, Entry> entries_{};
};
static_assert(std::copyable<Refusals>);

}  // namespace millrace::engine
