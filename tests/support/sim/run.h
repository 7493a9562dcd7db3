// Run: one run of a story: what people do, the operator, and what befalls it. It can be copied between any two things that happen.
// Thread contract: plain value; the story that it points to outlives it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "support/sim/oracles.h"
#include "support/sim/story.h"

namespace millrace::sim {

class Run {
 public:
  enum class Aim {
    Reference,  // its end is the reference's
    Essence,    // statuses were lost: what comes back are the children, and where the parents stand
    Nothing     // people deleted everything: nothing is left
  };
  static constexpr std::size_t kMostThings = 200'000;  // of one run: more is no end

  explicit Run(const Story& story);

  Sim& sim() { return sim_; }
  const Story& story() const { return *story_; }
  std::size_t act() const { return act_; }
  bool over() const { return over_ || !sim_.trouble.empty(); }
  Aim aim() const { return aim_; }
  const Decisions& decisions() const { return decisions_; }  // what befell it
  // The number that the next write, or line, has; 0: what comes next is none.
  std::size_t next_write() const { return sim_.next_write() != nullptr ? writes_ + 1 : 0; }
  std::size_t next_line() { return sim_.next_line() ? lines_ + 1 : 0; }

  void go(Fate fate = Fate::Ok);  // the next thing: a step of the simulation, or, at rest, the next act of the story
  // When it is quiet: what its future depends on. Of a leader, once after each change: its renewals change nothing.
  std::optional<std::uint64_t> state();

 private:
  void rest();
  void spoil();
  void mend();
  void delete_all();
  void judge_write();

  const Story* story_;
  Sim sim_;
  Oracles oracles_{};
  Decisions decisions_{};
  std::map<std::string, json::Value> spoilt_{};  // former specs by path
  std::uint64_t looked_at_ = 0;                  // changes of the server when state() was told last
  std::size_t act_ = 0, things_ = 0, writes_ = 0, lines_ = 0;
  int deletions_ = 0;
  Aim aim_ = Aim::Reference;
  bool over_ = false;
};

}  // namespace millrace::sim
