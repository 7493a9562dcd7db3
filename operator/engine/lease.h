// LeaseElector: leader election on a Lease, 15 s / 10 s / 2 s (C37–C40). A lease has expired when its record was not seen to change
// for its duration on our own monotonic clock; remote clocks are never compared. The record is the spec: who edits the rest keeps no dead
// leader alive. Renewing is one PUT with the known resourceVersion.
// may_write() is the fence before each write: it closes 10 s after the last renewal, and losing it ends the process.
// Source: client-go tools/leaderelection.
#pragma once

#include <concepts>
#include <optional>
#include <string>

#include "core/result.h"
#include "core/time.h"
#include "json/value.h"
#include "kube/client/transport.h"

namespace millrace::engine {

struct LeaseOptions {
  std::string ns{}, name{}, identity{};
  core::Duration duration{15'000}, renew_deadline{10'000}, retry{2'000};
};

class LeaseElector {
 public:
  struct Wants {
    std::optional<kube::Request> call{};  // one at a time; answered by answered()
    bool gained = false, lost = false;
    bool slow = false;  // a renewal met another version: the call reads it first
  };
  LeaseElector() = default;
  explicit LeaseElector(LeaseOptions options) : options_(std::move(options)) {}

  Wants tick(core::Now now);
  Wants answered(const core::Result<kube::Response>& response, core::Now now);
  Wants release(core::Now now);  // give it up: after the last write; released() when the answer is there

  bool leader() const { return leader_; }
  bool may_write(core::Ticks now) const;  // leader, and renewed recently enough
  core::Ticks fence() const { return renewed_ + options_.renew_deadline; }
  bool released() const { return released_; }
  std::optional<core::Ticks> wake() const { return wake_; }

 private:
  enum class Asked { Nothing, Get, Write, Release, ReleaseRead };
  Wants get();
  Wants write(core::Now now);
  Wants read(const kube::Response& response, core::Now now);
  Wants lose();
  Wants give_up();
  Wants let_go(Asked asked, const core::Result<kube::Response>& response, core::Now now);
  json::Value record(core::Now now, const std::string& holder, std::int64_t seconds) const;

  LeaseOptions options_{};
  Asked asked_ = Asked::Nothing;
  json::Value seen_{};  // the Lease as last read; null: there is none
  core::Ticks changed_{}, renewed_{}, sent_{};
  std::optional<core::Ticks> wake_{};
  bool leader_ = false, known_ = false, releasing_ = false, released_ = false, ever_ = false;
};
static_assert(std::copyable<LeaseElector>);

}  // namespace millrace::engine
