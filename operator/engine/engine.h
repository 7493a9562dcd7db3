// Engine: all machines of the operator as one copyable value. A driver feeds inputs and performs what is wanted; it decides nothing.
//   Wants w = engine.start(now);             then for each thing that happens: w = engine.step(input, now, controllers);
// Contract of a driver: every call in `calls` is sent as in_time() says and answered once by CallFinished (also when it was cancelled or
// came too late: Error Cancelled); for each
// entry of `streams` there is at most one running per kind: a list (watch = false) is sent and answered by ListAnswered, a watch is
// streamed: one WatchLine per line, then one StreamEnded. A call of Connection::Metrics is put to the metrics source that it names, with
// the data of its namespace; a name that is no source's is answered by an Error. After each WatchLine, `close` naming the kind means: end
// this stream now (StreamEnded follows). At `wake` (monotonic) at the latest comes a Tick. Reports go to the Observer. Thread contract:
// none; a driver with threads guards it (driver/guarded.h).
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "engine/controller.h"
#include "engine/event_series.h"
#include "engine/facts.h"
#include "engine/lease.h"
#include "engine/observer.h"
#include "engine/pass.h"
#include "engine/queue.h"
#include "engine/reflector.h"
#include "engine/refusals.h"
#include "engine/schemas.h"
#include "engine/store.h"
#include "kube/client/transport.h"

namespace millrace::engine {

using CallId = std::uint64_t;
using Controllers = std::vector<const Controller*>;  // same order in every step; they hold no state

struct Options {
  std::string ns{};                     // watch this namespace only; "": all
  std::string instance = "millrace-0";  // who we are, in Events
  std::optional<LeaseOptions> lease{};  // none: no election, always leader
  int schema = 0;                       // of the CRDs that this program was made for; 0: they are not looked at
  std::size_t passes = 4;               // passes with a call in flight at once
  std::size_t passes_per_step = 64;     // so that one step stays short
};

// Write and Read belong to passes; Lease has a connection of its own; Metrics go to a metrics source instead of the API server.
enum class Connection { Write, Read, Fact, Metrics, Event, Schema, Lease };

struct Call {
  CallId id = 0;
  Connection on = Connection::Write;
  kube::Request request{};
  std::string source{}, ns{};          // Metrics: which one, and whose data
  std::optional<core::Ticks> until{};  // the fence as it stood when this was decided: see in_time()
};
// The request as it may be sent now, to be over when the fence closes; none: it is too late, as after a stop of the whole process.
std::optional<kube::Request> in_time(const Call& call, core::Ticks now);
struct Stream {
  std::size_t kind = 0;  // place in Engine::kinds()
  bool watch = false;
  kube::Request request{};
  core::Duration idle{Reflector::kIdle};
};

struct Tick {};
struct ListAnswered {
  std::size_t kind = 0;
  core::Result<kube::Response> response{};
};
struct WatchLine {
  std::size_t kind = 0;
  std::string_view line{};
};
struct StreamEnded {
  std::size_t kind = 0;
  core::Result<void> how{};
};
struct CallFinished {
  CallId id = 0;
  core::Result<kube::Response> response{};
};
struct Told {  // by one whom the driver's program let in; of an object that is not there (any more) nothing is kept
  const kube::Resource* kind = nullptr;  // of a controller
  kube::ObjectKey key{};
  std::string uid{};
  json::Value what{};
};
struct Stop {};  // no new passes; those in flight end; then the lease is released
using Input = std::variant<Tick, ListAnswered, WatchLine, StreamEnded, CallFinished, Told, Stop>;

struct Wants {
  std::vector<Call> calls{};
  std::vector<CallId> cancel{};  // the fence closed: these may not reach the server any more
  std::vector<Stream> streams{};
  std::vector<std::size_t> close{};  // kinds whose stream is to end
  std::optional<core::Ticks> wake{};
  std::vector<Report> reports{};
  bool stopped = false;  // after Stop: nothing in flight, lease released
  bool lost = false;     // the lease is lost: end the process at once
};

class Engine {
 public:
  Engine() = default;
  Engine(const Controllers& controllers, Options options);

  Wants start(core::Now now);
  Wants step(const Input& input, core::Now now, const Controllers& controllers);

  const std::vector<Kind>& kinds() const { return store_.kinds(); }
  bool synced() const;                              // every cache is complete, but for kinds that are not installed
  std::vector<std::string> schema_trouble() const;  // why a kind's controller does not run, one sentence each
  bool leader() const;
  bool idle(core::Now now) const;  // nothing queued, nothing in flight
  const Store& store() const { return store_; }
  Sample sample(core::Ticks now) const;
  struct Held {                                      // by count
    std::size_t keys = 0, readers = 0;               // that are remembered; whose reads are noted
    std::size_t dead = 0;                            // deletions that were confirmed, and that the watch has not told yet
    std::size_t queued = 0, working = 0, calls = 0;  // to be looked at now; being looked at; under way
  };
  Held held() const;  // of an object that is gone nothing is kept
  // What the dashboard and tests may see of one object's refused writes.
  std::vector<plan::Refusal> refusals(std::string_view parent_uid) const;

 private:
  using ChildKey = std::pair<std::size_t, kube::ObjectKey>;
  struct Running {  // a pass with a call in flight
    Pass pass{};
    Outcome outcome{};
    core::Ticks began{};
    std::string complaint{};  // there was no plan: it tells people why
    std::string bug{};        // of ours, that it tells of
    bool terminal = false;    // the object cannot be read
    std::size_t same_statuses = 0, same_children = 0;
  };
  struct Flight {  // whom the answer of a call is for
    Connection on = Connection::Write;
    Who who{};
    std::optional<Facts::Asked> fact{};
    std::string method{};
    std::string what{};  // the call of a pass: Pass::asking(); which event
    core::Ticks since{};
    std::optional<ChildKey> live{};  // a live GET of what the cache should have by now
  };
  struct Floor {  // our write moved it to `version`; passes wait until the cache is there
    std::string version{};
    core::Ticks since{};
    bool asked = false;
  };
  struct Applies {  // of one desired object, that did not stick
    std::string hash{};
    int times = 0;
  };
  struct Memory {  // of one key, for as long as the process lives
    std::string uid{};
    Refusals refusals{};
    std::map<ChildKey, Applies> applies{};
    std::map<ChildKey, Floor> floors{};
    core::Ticks status_written{-1'000'000'000};
    std::pair<std::string, std::string> complained{};  // our last complaint, and the version that it made of the object
    int look_agains = 0;
    plan::Heard heard{};
    bool news = false;  // a refusal that the controller has not seen
  };
  class Source;  // WorldSource of one pass

  void on(const Tick& input, core::Now now, Wants& out);
  void on(const ListAnswered& input, core::Now now, Wants& out);
  void on(const WatchLine& input, core::Now now, Wants& out);
  void on(const StreamEnded& input, core::Now now, Wants& out);
  void on(const CallFinished& input, core::Now now, Wants& out);
  void on(const Told& input, core::Now now, Wants& out);
  void on(const Stop& input, core::Now now, Wants& out);

  // engine_schema.cpp: kinds whose CRD is absent, older or newer
  void look_at_schemas(core::Now now, Wants& out);
  void answer_schema(std::size_t controller, const core::Result<kube::Response>& response, core::Now now, Wants& out);
  bool found_missing(std::size_t kind, const core::Result<void>& how, core::Now now);
  bool runs(std::size_t controller) const;
  void merge_status(const Outcome& outcome, plan::Write& write) const;

  Reflector reflector_of(std::size_t kind) const;

  // engine_io.cpp: streams, lease, facts, events, what a driver is told
  void reflect(std::size_t kind, Reflector::Wants in, core::Now now, Wants& out);
  void moved(std::size_t kind, const Store::Moved& moved, core::Now now, Wants& out, Priority priority = Priority::Normal);
  void elect(LeaseElector::Wants in, core::Now now, Wants& out);
  void ask(core::Now now, Wants& out);
  void note_query(const Facts::Asked& asked, const core::Result<kube::Response>& response, core::Duration took, Wants& out);
  void stand(core::Now now, Wants& out);
  void call(kube::Request request, Flight flight, core::Now now, Wants& out);
  void note_call(const Flight& flight, const core::Result<kube::Response>& response, core::Now now, Wants& out);
  void note_warnings(const core::Result<kube::Response>& response, Wants& out);
  void wind_down(core::Now now, Wants& out);
  void finish(core::Now now, Wants& out);
  bool may_write(core::Ticks now) const;  // leads, and is not stopping
  bool may_pass(core::Ticks now) const;   // and the caches are complete

  // engine_plan.cpp: from a key to the steps of its pass
  Memory& memory_of(const Who& who, const std::string& uid);
  std::optional<Outcome> reconcile(const Who& who, core::Now now, const Controller& controller, std::set<Topic>& read, std::string& bug);
  plan::Live live(const kube::ObjectKey& key, const kube::Resource& resource, const json::Value* desired, std::set<Topic>& read);
  void forget_applies(Memory& memory, const std::vector<plan::Write>& wanted) const;
  std::vector<Step> steps(const Who& who, const Outcome& outcome, core::Now now, std::set<Topic>& read);
  Step step_of(Memory& memory, plan::Write write, std::int64_t generation, const std::string& ns, core::Now now);
  bool status_due(const Who& who, const Outcome& outcome, bool alone, core::Now now);

  // engine_pass.cpp: passes from begin to end
  void run_passes(core::Now now, const Controllers& controllers, Wants& out);
  void run_pass(const Who& who, core::Now now, const Controller& controller, Wants& out);
  void begin(const Who& who, Running running, std::vector<Step> steps, core::Now now, Wants& out);
  Running complain(const Who& who, const kube::ObjectMeta& meta, const json::Value& status, const json::Object& wanted, Event event,
                   std::vector<Step>& steps);
  void reject(const Who& who, const Unreadable& seen, core::Now now, const Controller& controller, Wants& out);
  bool behind(const Who& who, core::Now now, Wants& out);  // the cache has not caught up with our own writes
  void answer_live(const ChildKey& child, const Who& who, const core::Result<kube::Response>& response, core::Now now, Wants& out);
  void go_on(const Who& who, Pass::Wants in, core::Now now, Wants& out);
  void perform(const Who& who, const Effect& effect, core::Now now, Wants& out);
  void end_pass(const Who& who, const Pass::Wants& last, core::Now now, Wants& out);
  void give_up(const Who& who, core::Now now);
  void failed_pass(const Who& who, std::string error, core::Now now, Wants& out);
  PassFinished report_of(const Who& who, const Running& running, const Pass::Wants& last, core::Now now) const;
  void wake_at(const Who& who, core::Instant at, core::Now now);

  Options options_{};
  Store store_{};
  Readers readers_{};
  std::vector<Reflector> reflectors_{};
  std::set<std::size_t> listed_{};                  // kinds whose first list is in
  std::set<std::size_t> started_{};                 // kinds that are listed and watched
  Schemas schemas_{};                               // one row per controller
  std::vector<WorkQueue> queues_{};                 // one per controller
  std::vector<std::string> names_{};                // of the controllers: their kind in lower case
  std::vector<std::size_t> own_{};                  // their kind
  std::vector<std::set<std::size_t>> watches_{};    // all kinds that they may read
  std::vector<std::array<std::size_t, 3>> told_{};  // depth, of that low, and working, as last reported
  Facts facts_{};
  EventSeries events_{};
  LeaseElector lease_{};
  std::set<std::string> warned_{};  // warnings of the API server that were told
  std::map<Who, Running> running_{};
  std::map<Who, Memory> memory_{};
  std::map<CallId, Flight> flights_{};
  CallId last_call_ = 0;
  std::size_t turn_ = 0;           // whose queue is next
  core::Instant listens_since_{};  // it leads since then
  bool stopping_ = false, more_ = false, lost_ = false;
  bool stands_ = false;  // for election
};
static_assert(std::copyable<Engine>);

}  // namespace millrace::engine
