// Reports: what the engine did, as values. Machines return them in their Wants, the driver hands them to the Observer,
// which the app turns into the one log line per pass and into metrics. No object names belong in labels.
// Thread contract: a driver calls note() from several threads at once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"
#include "kube/model/meta.h"

namespace millrace::engine {

struct PassFinished {
  enum class Result { Success, Error, Requeue, RequeueAfter, Bug };  // RequeueAfter: the plan named an instant
  std::string controller{};                                          // the kind, lower case
  kube::ObjectKey key{};
  std::string phase_from{}, phase_to{}, reason{};
  std::vector<std::string> writes{};  // "status", "create Job/x", "apply Service/y: 403 quota…"
  core::Duration took{};
  Result result = Result::Success;
  std::string error{};                               // of Error and Bug
  bool fence_conflict = false;                       // the parent was not as observed
  bool terminal = false;                             // the object cannot be read: it was told so, and is tried again when it changes
  std::size_t same_statuses = 0, same_children = 0;  // that were planned as they are already: nothing was sent
  std::vector<std::string> decided{};                // reasons of what the status that was written tells anew, as events do
};
struct QueueMoved {  // after each step that changed it
  std::string controller{};
  std::size_t depth = 0, adds = 0, retries = 0;  // adds and retries since the last report
  std::size_t low = 0;                           // of `depth`: of low priority
  std::size_t working = 0;
  std::vector<core::Duration> waited{};  // of each key taken since the last report
};
struct CallDone {
  std::string method{};
  int code = 0;  // 0: no answer
  core::Duration took{};
  std::string write{};      // of a write of a pass: Pass::asking(); "event"; "": it was none
  std::string live_read{};  // of a read past the caches: Pass::asking(); "stale"; "": it was none
  bool question = false;    // a plan's, put to the API server
  bool fenced = false;      // it was not begun, or was cut off, as the lease is not safely held
};
struct WriteHeldBack {};  // a pass that goes on had a write to send while the lease is not safely held
struct LeaseSlowPath {};  // a renewal met another version of the Lease: it is read first
struct LeaderChanged {
  bool leader = false;
};
struct Relisted {
  std::string kind{}, reason{};  // one of a few words
  std::string why{};
};
struct WatchOpened {
  std::string kind{};
};
struct Undecodable {  // one object that does not decode; the others go on
  std::string kind{};
  kube::ObjectKey key{};
  std::string error{};
};
struct SchemaJudged {  // what there is to say of a kind's CRD changed
  std::string kind{};  // as it is written in the API
  std::string file{};  // of crds/, to be applied where `trouble` is not empty
  std::string trouble{};
  bool newer = false;  // than this program: statuses are merged
};
struct ApiFound {  // an optional kind was listed first, or its API appeared or vanished
  std::string kind{};
  bool installed = true;
};
struct QueryDone {  // a query was put to a metrics source, or answered
  std::string source{};
  std::size_t in_flight = 0;  // of the source
  std::string result{};       // value, no_data, not_a_number, unreachable; "": it was put
  core::Duration took{};
};
struct WatchFailed {
  std::string kind{}, error{};
};
struct WatchSilent {  // it was closed since nothing came, not even a bookmark
  std::string kind{};
};
struct Warned {  // by the API server, of a call of ours; each text once
  std::string text{};
};
struct ClockWasSet {        // the system's; the process's goes after it slowly (driver/clock.h)
  core::Duration behind{};  // the process's; below zero: it is ahead
};
using Report = std::variant<PassFinished, QueueMoved, CallDone, WriteHeldBack, LeaderChanged, LeaseSlowPath, Relisted, WatchOpened,
                            Undecodable, SchemaJudged, ApiFound, QueryDone, WatchFailed, WatchSilent, Warned, ClockWasSet>;

// What moves while nothing happens, as it is at one instant: for who asks.
struct Sample {
  struct OfKind {
    std::string kind{};
    std::size_t objects = 0, bytes = 0;          // held in memory; estimated
    std::optional<core::Duration> watch_age{};   // none: no watch is open
    std::optional<core::Duration> last_event{};  // since something came of it; none: it was never asked for
  };
  struct OfController {
    std::string controller{};
    core::Duration unfinished{}, longest{};  // of the passes under way: together, and of the oldest
  };
  std::vector<OfKind> kinds{};
  std::vector<OfController> controllers{};
  core::Duration clock_behind{};  // the process's, of the system's; below zero: it is ahead
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void note(const Report& report) = 0;
};

}  // namespace millrace::engine
