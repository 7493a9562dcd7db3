// Sim: API server, actors, the operator's engine and the clock as one copyable value; the second driver of the engine.
// One thread, virtual time. The order is fixed: streams, calls, watch lines, actors, time; what may differ is the fate of a write or of a
// line, chosen by who drives it. A fork is a copy. Thread contract: plain value; the controllers that it points to hold no state.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/actors/cluster.h"
#include "support/actors/prometheus.h"
#include "support/api_server/api_server.h"
#include "support/sim/fate.h"
#include "support/sim/process.h"

namespace millrace::sim {

class Sim {
 public:
  Sim(const engine::Controllers& controllers, Script script, engine::Options options = {});

  ApiServer server{};
  Prometheus prometheus{};  // every metrics source; none: nothing answers

  // The write that go() performs next; nullptr: it does something else. Events are no writes: they are best effort.
  const kube::Request* next_write() const;
  bool next_line();               // go() tells a line of a watch next
  void go(Fate fate = Fate::Ok);  // one thing that happens
  void go_line(Fate fate);        // the line that is next
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
  std::uint64_t changes() const { return server.store().version() - lease_writes_; }  // of the server, but for renewals
  const engine::Engine& engine() const { return me_.engine; }

  // What the operator did, over all its lives.
  std::map<std::string, int> creates{}, deletes{};  // by object path
  std::set<Access> used{};
  std::size_t writes = 0;                        // but for Events and the lease
  std::vector<std::string> trouble{};            // bugs in passes, objects that cannot be read, loops, writes of who does not lead
  std::vector<std::string> told{};               // what logs would say
  bool poisoned = false;                         // bugs and unreadable objects are what the story is about: no trouble
  bool unfenced = false;                         // what was decided under an old fence is sent all the same
  std::map<std::string, std::string> meddled{};  // path and uid of objects that somebody else has edited
  static constexpr core::Duration kRest{std::chrono::hours(3)}, kRestOfLeaders{std::chrono::minutes(5)};

 private:
  core::Now clock() const;
  Process born();
  void absorb(engine::Wants wants);
  void step(const engine::Input& input) { absorb(me_.engine.step(input, clock(), controllers_)); }
  void open_stream(const engine::Stream& stream);
  void answer_call(Fate fate);
  void finish_call(const engine::Call& call, Fate fate);
  void put_query(const engine::Call& call);
  bool answer_query();
  bool answer_hung();
  std::size_t absent() const;  // kinds that the engine knows to be not installed
  bool close_ended();          // a watch that the server ended
  void count(const kube::Request& request, int status);
  std::optional<std::size_t> talking();  // a kind whose watch has a line
  std::optional<core::Ticks> next_wake();
  bool actors_act();
  void pass_time();

  // sim_faults.cpp
  kube::Response refusal(Fate fate) const;
  bool instead(const engine::Call& call, Fate fate);
  void afterwards(Fate fate);
  void cut_streams();
  void wipe_statuses();
  void age_statuses();
  void meddle(const kube::Request& request);
  void end_silence();

  // sim_lease.cpp
  void freeze();
  void thaw();
  void leave();
  void note_lease(const engine::Call& call, int status);
  void hold_fence(const engine::Call& call);

  engine::Controllers controllers_{};
  Script script_{};
  engine::Options options_{};
  int lives_ = 0;
  Process me_{};
  std::optional<Process> frozen_{}, rival_{};  // stopped; stopped while one that was stopped goes on
  core::Ticks thaws_at_{};
  core::Ticks mono_{0}, held_until_{0}, listed_until_{0}, last_change_{0};  // no line before, none but of first lists before
  std::uint64_t known_changes_ = 0;                                         // last_change_ is when the server got there
  std::uint64_t settled_changes_ = 0;                                       // the actors had nothing to do then
  core::Ticks settled_at_{-1};
  std::optional<core::Instant> change_{};  // next_change() then
  std::string holder_{};                   // of the lease, as the server has it
  core::Ticks held_since_{};
  std::uint64_t lease_writes_ = 0;
  int idle_ticks_ = 0;
};

}  // namespace millrace::sim
