// Sim: API server, actors, the operator's engine and the clock as one copyable value; the second driver of the engine.
// One thread, virtual time. The order is fixed: streams, calls, watch lines, actors, time; what may differ is the fate of a write,
// chosen by who drives it. A fork is a copy. Thread contract: plain value; the controllers that it points to hold no state.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "support/actors/cluster.h"
#include "support/actors/prometheus.h"
#include "support/api_server/api_server.h"

namespace millrace::sim {

enum class Fate {
  Ok,
  CrashBefore,      // the operator dies, the write is never sent
  CrashAfter,       // the write is done, the operator dies before it hears of it
  Conflict,         // the server answers 409 and does nothing
  CommitThenError,  // the write is done, the answer is lost
  Lag,              // done; then no watch tells anything for 10 s
  CutStreams,       // done; then every watch breaks
  Wipe              // done; then the operator dies and all statuses of our kinds are lost (D21)
};
const char* to_text(Fate fate);

class Sim {
 public:
  Sim(const engine::Controllers& controllers, Script script, engine::Options options = {});

  ApiServer server{};
  Prometheus prometheus{};  // every metrics source; none: nothing answers

  // The write that go() performs next; nullptr: it does something else. Events are no writes: they are best effort.
  const kube::Request* next_write() const;
  void go(Fate fate = Fate::Ok);  // one thing that happens
  void let_pass(core::Duration time) { last_change_ = mono_ += time; }
  bool quiet();    // nothing to do before time passes
  bool at_rest();  // quiet, and nothing has changed for kRest or will by itself
  // What decides the future of a quiet simulation, but for what the engine remembers: the server, the time, when the engine wakes; and
  // what the operator has done.
  std::uint64_t state() const;
  // Of a quiet simulation: an object of which the engine's cache knows something else than the server; empty: there is none.
  std::string lag() const;
  void tell(const kube::Resource& kind, const kube::ObjectKey& key, json::Value what);  // as a pod that was let in
  void restart();  // the operator dies and starts again with empty memory
  core::Instant now() const { return clock().wall; }

  // What the operator did, over all its lives.
  std::map<std::string, int> creates{}, deletes{};  // by object path
  std::set<Access> used{};
  std::size_t writes = 0;              // but for Events
  std::vector<std::string> trouble{};  // bugs in passes, objects that cannot be read, loops
  bool poisoned = false;               // bugs and unreadable objects are what the story is about: no trouble
  static constexpr core::Duration kRest{std::chrono::hours(3)};

 private:
  core::Now clock() const;
  void absorb(engine::Wants wants);
  void step(const engine::Input& input) { absorb(engine_.step(input, clock(), controllers_)); }
  void open_stream(const engine::Stream& stream);
  void answer_call(Fate fate);
  void put_query(const engine::Call& call);
  bool answer_query();
  std::size_t absent() const;  // kinds that the engine knows to be not installed
  bool close_ended();          // a watch that the server ended
  void count(const kube::Request& request, int status);
  void cut_streams();
  void wipe_statuses();
  std::optional<std::size_t> talking();  // a kind whose watch has a line
  std::optional<core::Ticks> next_wake();
  bool actors_act();
  void pass_time();

  engine::Controllers controllers_{};
  Script script_{};
  engine::Options options_{};
  engine::Engine engine_{};
  core::Ticks mono_{0}, held_until_{0}, last_change_{0};
  std::optional<core::Ticks> wake_{};
  std::deque<engine::Call> calls_{};
  std::deque<engine::Stream> opening_{};
  std::map<std::size_t, ApiServer::WatchId> watches_{};
  std::vector<std::size_t> ended_{};
  std::multimap<core::Ticks, engine::CallFinished> late_{};  // answers of metrics sources on their way
  std::uint64_t known_version_ = 0;                          // last_change_ is when the server got there
  std::uint64_t settled_version_ = 0;                        // the actors had nothing to do at this version and time
  core::Ticks settled_at_{-1};
  std::optional<core::Instant> change_{};  // next_change() at settled_version_ and settled_at_
  int idle_ticks_ = 0;
};

}  // namespace millrace::sim
