#include "step/run.h"

#include "step/checkpoint.h"
#include "step/child.h"
#include "step/files.h"
#include "step/follow.h"
#include "step/lock.h"
#include "step/oom.h"
#include "step/report.h"
#include "step/reporter.h"
#include "step/share.h"
#include "step/tail.h"

#include <unistd.h>
#include <cerrno>

namespace millrace::step {
namespace {

int failed(std::string_view what, std::string_view path) {
  Text<1024> line("millrace-step: ");
  line << what << ": " << path << "\n";
  complain(what, path, errno);
  Tail tail;
  tail.add(line.view());
  tell_end({.code = kOwnFailure, .signal = 0}, false, tail);
  return kOwnFailure;
}

// Lock first, then `.started`: a follower that sees the file finds the lock held or its holder gone.
int claim(const Options& options) {
  if (!make_folders(options.state)) return failed("cannot make the state folder", options.state);
  const Path lock = path_of(options.state, options.name, ".lock");
  if (!hold_exclusive(lock)) return failed("cannot hold the lock", lock.view());
  unlink(path_of(options.state, options.name, ".exit").c_str());
  const Path started = path_of(options.state, options.name, ".started");
  if (!overwrite(started.c_str(), "")) return failed("cannot write", started.view());
  return 0;
}

int ended_by(int signal) {
  const Ended ended{.code = 128 + signal, .signal = signal};
  tell_end(ended, false, Tail{});
  return ended.code;
}

int run_claimed(const Options& options, unsigned umask, const Signals& signals) {
  for (std::size_t i = 0; i < options.share_count; ++i) {
    if (!make_folders(options.shares[i].folder)) return failed("cannot make the shared folder", options.shares[i].folder);
  }
  if (options.checkpoint != nullptr && !offer_checkpoint(options.checkpoint))
    return failed("cannot make the folder for checkpoints", options.checkpoint);
  clear_message();
  start_reporter(options);
  const long kills_before = out_of_memory_kills();
  Tail tail;
  Ended ended = run_command(options.command, umask, signals, tail);
  const bool out_of_memory = out_of_memory_kills() > kills_before;
  const bool told_itself = options.verb == Verb::Follow && ended.signal == 0 && has_message();
  // What ends well because it was told to end has not done its work: nobody may take what it left for a result.
  if (ended.code == 0 && ended.told_to_end && !told_itself) ended.code = 128 + SIGTERM;
  for (std::size_t i = 0; i < options.share_count; ++i) {
    if (ended.code == 0 || options.shares[i].access == Access::Remove) share_tree(options.shares[i]);
  }

  if (!told_itself) tell_end(ended, out_of_memory, tail);
  Text<8> code;
  code << static_cast<long>(ended.code);
  const Path exit_path = path_of(options.state, options.name, ".exit");
  if (!write_by_rename(exit_path, code.view())) return failed("cannot write", exit_path.view());
  return ended.code;
}

}  // namespace

int run(const Options& options, unsigned umask, const Signals& signals) {
  if (options.verb == Verb::Follow && is_other_index()) {
    tell_skipped("index");
    return 0;
  }
  if (const int code = claim(options)) return code;
  if (options.verb == Verb::Follow) {
    const Turn turn = wait_for_turn(options, signals);
    if (turn.kind == Turn::Kind::Signalled) return ended_by(turn.signal);
    if (turn.kind == Turn::Kind::Skip) {
      tell_skipped(turn.because);
      return 0;
    }
  }
  return run_claimed(options, umask, signals);
}

}  // namespace millrace::step
