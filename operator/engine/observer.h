// Reports: what the engine did, as values. Machines return them in their Wants, the driver hands them to the Observer,
// which the app turns into the one log line per pass and into metrics. No object names belong in labels.
// Thread contract: a driver calls note() from several threads at once.
#pragma once

#include <cstddef>
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
  std::string error{};                 // of Error and Bug
  bool fence_conflict = false;         // the parent was not as observed
  std::vector<std::string> decided{};  // reasons of what the status that was written tells anew, as events do
};
struct QueueMoved {  // after each step that changed it
  std::string controller{};
  std::size_t depth = 0, adds = 0, retries = 0;  // adds and retries since the last report
  std::size_t working = 0;
  std::vector<core::Duration> waited{};  // of each key taken since the last report
};
struct CallDone {
  std::string method{};
  int code = 0;  // 0: no answer
  core::Duration took{};
};
struct LeaderChanged {
  bool leader = false;
};
struct Relisted {
  std::string kind{}, why{};
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
struct Warned {  // by the API server, of a call of ours; each text once
  std::string text{};
};
using Report = std::variant<PassFinished, QueueMoved, CallDone, LeaderChanged, Relisted, Undecodable, SchemaJudged, ApiFound, QueryDone,
                            WatchFailed, Warned>;

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void note(const Report& report) = 0;
};

}  // namespace millrace::engine
