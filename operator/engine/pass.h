// Pass: the writes of one key, one call after the other, fenced (D4, D5). A value: it may be dropped between any two calls.
//   first call: the finalizers that are added, the status PUT with the observed resourceVersion, or a live GET of the parent whose uid and
//   resourceVersion must be equal; then each write whose lane goes on. 409, and 422 about metadata.uid: look again. AlreadyExists, and an
//   apply that meets foreign fields: one GET of the child tells ours (it enters the cache) from somebody else's (NameTaken).
// What a pass learns goes to the engine as effects; the pass itself holds no cache.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "engine/controller.h"
#include "engine/refusals.h"
#include "kube/client/transport.h"
#include "plan/writes.h"

namespace millrace::engine {

// A write with what its refusal would be about.
struct Step {
  plan::Write write{};
  Refusals::About about{};
  bool held = false;  // refused before, its time has not come: its lane counts as failed
};

struct Stored {  // an object as the server answered it
  const kube::Resource* kind = nullptr;
  std::string object{};
};
struct Removed {  // the server confirmed: it is gone
  const kube::Resource* kind = nullptr;
  kube::ObjectKey key{};
  std::string uid{};
};
struct Behind {  // our write moved it to this version; the cache has to follow
  const kube::Resource* kind = nullptr;
  kube::ObjectKey key{};
  std::string resource_version{};
};
struct StatusWritten {};
struct Refused {
  plan::Write write{};
  Refusals::About about{};
  plan::Refusal refusal{};
};
struct Settled {  // a write went through
  plan::Write write{};
};
using Effect = std::variant<Stored, Removed, Behind, StatusWritten, Refused, Settled>;

class Pass {
 public:
  enum class End {
    Done,       // everything was sent that may be sent
    LookAgain,  // another object or version: plan again from a fresh cache
    Retry       // trouble on the way (network, throttling): later
  };
  struct Wants {
    std::optional<kube::Request> call{};
    std::vector<Effect> effects{};
    std::optional<End> end{};
    std::string error{};
    bool fence_conflict = false;
    std::optional<core::Duration> after{};  // Retry-After of the server
  };

  Pass() = default;
  Pass(const kube::Resource* kind, kube::ObjectMeta parent, std::vector<Step> steps);

  Wants begin(core::Now now);
  Wants answered(const core::Result<kube::Response>& response, core::Now now);

  // What its call is: of a write the verb (status, create, apply, annotate, scale, delete, finalizers); of a read whether it is the
  // fence, or tells why a write of the parent or of a child met another version.
  const char* asking() const;
  const std::vector<std::string>& log() const { return log_; }  // each write with its result, for the log line

 private:
  enum class Asked { Nothing, Fence, Write, Child, Parent };
  Wants next(Wants out, core::Now now);
  Wants fence(const kube::Response& response, core::Now now);
  Wants parent(const kube::Response& response);
  Wants written(const kube::Response& response, core::Now now);
  Wants failed(const kube::Response& response, core::Now now);
  Wants parent_changed();
  Wants status_failed(const kube::Response& response, const core::Error& error);
  Wants child(const kube::Response& response, core::Now now);
  Wants refuse(Wants out, plan::Refusal refusal, core::Now now);
  void write_failed(const plan::Write& write);
  bool blocked(const plan::Write& write) const;
  kube::Request request(const plan::Write& write) const;

  const kube::Resource* kind_ = nullptr;
  kube::ObjectMeta parent_{};
  std::vector<Step> steps_{};
  std::size_t at_ = 0;
  Asked asked_ = Asked::Nothing;
  bool fenced_ = false, again_ = false, reduced_ = false;
  bool failed_[6] = {};                  // lanes
  std::vector<plan::Needed> missing_{};  // children whose writes failed, or were not sent
  std::vector<std::string> log_{};
};
static_assert(std::copyable<Pass>);

}  // namespace millrace::engine
