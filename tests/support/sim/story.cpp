#include "support/sim/story.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "core/hash.h"
#include "core/text.h"

namespace millrace::sim {
namespace {

using json::Value;

constexpr std::size_t kMostThings = 200'000;  // of one run: more is no end

class Run {
 public:
  explicit Run(const Story& story) : story_(&story), sim_(story.controllers, story.script) {
    sim_.poisoned = story.poisoned;
    sim_.prometheus = story.prometheus;
  }

  Sim& sim() { return sim_; }
  std::size_t act() const { return act_; }
  bool over() const { return over_; }

  // The next thing: a step of the simulation, or, at rest, the next act of the story.
  void go(Fate fate = Fate::Ok) {
    const bool write = sim_.next_write() != nullptr;
    if (fate == Fate::Ok && !write && sim_.at_rest()) return next_act();
    sim_.go(fate);
    if (++things_ > kMostThings) {
      sim_.trouble.push_back("no end after " + std::to_string(kMostThings) + " things");
      over_ = true;
    }
    if (!write || !story_->always) return;
    if (std::string why = story_->always(sim_.server); !why.empty()) sim_.trouble.push_back("after a write: " + why);
  }
  // When it is quiet: what its future depends on.
  std::optional<std::uint64_t> state() {
    if (!sim_.quiet()) return std::nullopt;
    if (std::string why = sim_.lag(); !why.empty()) sim_.trouble.push_back("at rest: " + why);
    return core::fingerprint(std::to_string(act_) + " " + std::to_string(sim_.state()));
  }

 private:
  void next_act() {
    if (act_ == story_->acts.size()) {
      over_ = true;
      return;
    }
    const Act& act = story_->acts[act_++];
    sim_.let_pass(act.later);
    if (act.act) act.act(sim_.server, sim_.now());
    if (act.happens) act.happens(sim_);
  }

  const Story* story_;
  Sim sim_;
  std::size_t act_ = 0, things_ = 0;
  bool over_ = false;
};

std::vector<std::string> too_many(const std::map<std::string, int>& is, const std::map<std::string, int>& should, const char* what) {
  std::vector<std::string> out;
  for (const auto& [path, n] : is) {
    const auto hit = should.find(path);
    const int most = hit == should.end() ? 0 : hit->second;
    if (n > most) out.push_back(path + " " + what + " " + std::to_string(n) + " times instead of " + std::to_string(most));
  }
  return out;
}

// A new process over a cluster at rest has nothing to write.
std::vector<std::string> restless(const Story& story, Run run) {
  Sim& sim = run.sim();
  const Snapshot before = snapshot(sim.server);
  const std::size_t writes = sim.writes;
  const std::uint64_t version = sim.server.store().version();
  sim.restart();
  for (std::size_t i = 0; i < kMostThings && !sim.at_rest(); ++i) sim.go();
  std::vector<std::string> out = differences(snapshot(sim.server), before);
  if (story.refused_at_rest || (sim.writes == writes && sim.server.store().version() == version)) return out;
  out.push_back("not quiet: a restart at rest wrote " + std::to_string(sim.writes - writes) + " times");
  for (const auto& kind : all_kinds()) {
    for (const auto& e : sim.server.store().log(kind)) {
      if (e.version > version)
        out.push_back("  " +
                      path_of(kind, {e.after->object.text_at({"metadata", "namespace"}), e.after->object.text_at({"metadata", "name"})}));
    }
  }
  return out;
}

struct Reference {
  Snapshot end{}, essence{};
  std::map<std::string, int> creates{}, deletes{};
  std::map<std::string, std::string> foreign{};
};

std::map<std::string, std::string> foreign_bytes(const Story& story, ApiServer server) {
  std::map<std::string, std::string> out;
  for (const auto& path : story.foreign) out[path] = server.handle({.path = path}, {}).body;
  return out;
}

std::vector<std::string> judge(const Story& story, Run& run, const Reference& reference, bool wiped) {
  std::vector<std::string> out = run.sim().trouble;
  const auto add = [&](std::vector<std::string> more) { out.insert(out.end(), more.begin(), more.end()); };
  if (!out.empty()) return out;
  add(wiped ? differences(essence(run.sim().server), reference.essence) : differences(snapshot(run.sim().server), reference.end));
  add(too_many(run.sim().creates, reference.creates, "was created"));
  add(too_many(run.sim().deletes, reference.deletes, "was deleted"));
  for (const auto& [path, bytes] : foreign_bytes(story, run.sim().server)) {
    if (bytes != reference.foreign.at(path)) out.push_back(path + ": somebody else's object changed");
  }
  add(restless(story, run));
  return out;
}

// A fork runs until it is where an earlier run was: the same server at the same time, quiet, woken at the same instant, with the same
// deeds. What comes then has been judged, but for what the engine remembers; and whether that matters for a write is told by the fork
// that crashes before this very write: a new process must come to the same one.
class Explorer {
 public:
  Explorer(const Story& story, Verdict& verdict) : story_(story), verdict_(verdict) {}

  void reference(Run run) {
    finish(run, false);
    Sim& sim = run.sim();
    verdict_.writes = sim.writes;
    verdict_.wrong = sim.trouble;
    verdict_.end = snapshot(sim.server);
    verdict_.creates = sim.creates;
    reference_ = {verdict_.end, essence(sim.server), sim.creates, sim.deletes, foreign_bytes(story_, sim.server)};
    verdict_.used = sim.used;
    if (verdict_.wrong.empty()) verdict_.wrong = restless(story_, run);
  }

  void explore(Run run, int faults, const std::string& before, bool wiped) {
    std::size_t number = 0;
    while (!run.over() && run.sim().trouble.empty() && verdict_.wrong.size() < 20) {
      if (const kube::Request* write = run.sim().next_write()) {
        const std::string where = std::to_string(++number) + " " + write->method + " " + write->path;
        for (const Fate fate : fates(*write, number))
          try_fate(run, fate, faults, before + to_text(fate) + " write " + where, wiped || fate == Fate::Wipe);
      }
      run.go();
    }
  }

 private:
  // Of one fault: the fates that need no crash take turns.
  std::vector<Fate> fates(const kube::Request& write, std::size_t number) const {
    static constexpr Fate kTurns[] = {Fate::CommitThenError, Fate::Lag, Fate::CutStreams};
    std::vector<Fate> out{Fate::CrashBefore, Fate::CrashAfter};
    if (write.method != "POST") out.push_back(Fate::Conflict);
    if (story_.wipes) out.push_back(Fate::Wipe);
    if (fault_depth() == 1) {
      out.push_back(kTurns[number % 3]);
    } else {
      out.insert(out.end(), std::begin(kTurns), std::end(kTurns));
    }
    return out;
  }

  // A crash leaves nothing but the server: the same server again is the same future.
  bool judged_before(Run& run, Fate fate, int faults, bool wiped) {
    if (fate != Fate::CrashBefore && fate != Fate::CrashAfter && fate != Fate::Wipe) return false;
    std::string state =
        std::to_string(run.act()) + (wiped ? " wiped " : " ") + std::to_string(faults) + " " + core::to_rfc3339(run.sim().now());
    for (const auto& [path, text] : snapshot(run.sim().server)) state += "\n" + path + text;
    return !seen_.insert(core::fingerprint(state)).second;
  }

  void try_fate(const Run& from, Fate fate, int faults, const std::string& decisions, bool wiped) {
    Run run = from;
    run.go(fate);
    if (judged_before(run, fate, faults, wiped)) {
      ++verdict_.skipped;
      return;
    }
    if (faults > 1) explore(run, faults - 1, decisions + ", then ", wiped);
    const bool joined = finish(run, wiped);
    verdict_.used.insert(run.sim().used.begin(), run.sim().used.end());
    ++(joined ? verdict_.joined : verdict_.runs);
    if (joined) return;
    for (const auto& why : judge(story_, run, reference_, wiped)) verdict_.wrong.push_back(decisions + ": " + why);
  }

  // To the end, or to where an earlier run was: true. A run whose statuses were lost is judged by less, and only others like it follow it.
  bool finish(Run& run, bool wiped) {
    std::vector<std::uint64_t> passed;
    bool joined = false;
    while (!joined && !run.over() && run.sim().trouble.empty()) {
      if (const auto now = run.state()) {
        joined = states_.contains(*now) || (wiped && wiped_states_.contains(*now));
        passed.push_back(*now);
      }
      if (!joined) run.go();
    }
    (wiped ? wiped_states_ : states_).insert(passed.begin(), passed.end());
    return joined;
  }

  const Story& story_;
  Verdict& verdict_;
  Reference reference_{};
  std::set<std::uint64_t> seen_{};                     // servers after a crash
  std::set<std::uint64_t> states_{}, wiped_states_{};  // of earlier runs, whenever they were quiet
};

}  // namespace

Verdict explore(const Story& story, int faults) {
  Verdict verdict;
  const auto began = std::chrono::steady_clock::now();
  Explorer explorer(story, verdict);
  explorer.reference(Run(story));
  if (verdict.wrong.empty() && faults > 0) explorer.explore(Run(story), faults, "", false);
  verdict.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return verdict;
}

std::string report(const Story& story, const Verdict& verdict) {
  std::printf("story \"%s\": %zu writes; forks: %zu judged at the end, %zu joined an earlier run, %zu began as one; %.1f s\n",
              story.name.c_str(), verdict.writes, verdict.runs, verdict.joined, verdict.skipped, verdict.seconds);
  return core::join(verdict.wrong, "\n");
}

int fault_depth() {
  const char* depth = std::getenv("MILLRACE_SIM_FAULTS");
  return depth == nullptr ? 1 : std::atoi(depth);
}

}  // namespace millrace::sim
