#include "support/sim/replay.h"

#include <algorithm>

#include "core/backoff.h"

namespace millrace::sim {
namespace {

constexpr std::size_t kMostTries = 300;  // of a shrinking

// Without a part of it; and so for ever smaller parts.
std::optional<Decisions> smaller(const Decisions& all, std::size_t parts, const std::function<bool(const Decisions&)>& fails) {
  const std::size_t size = (all.size() + parts - 1) / parts;
  for (std::size_t from = 0; from < all.size(); from += size) {
    Decisions rest(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(from));
    rest.insert(rest.end(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), from + size)), all.end());
    if (fails(rest)) return rest;
  }
  return std::nullopt;
}

Fate fate_at(Run& run, const Decisions& decisions) {
  const std::size_t write = run.next_write(), line = run.next_line();
  const auto hit = std::ranges::find_if(decisions, [&](const Decision& d) { return d.at == (of_line(d.fate) ? line : write); });
  return hit == decisions.end() || (write == 0 && line == 0) ? Fate::Ok : hit->fate;
}

}  // namespace

std::vector<Fate> fates_of_write(const Story& story, const kube::Request& write) {
  if (story.leased) return {Fate::Freeze, Fate::CrashAfter, Fate::Hang};
  std::vector<Fate> out{Fate::CrashBefore,  Fate::CrashAfter,  Fate::CommitThenError, Fate::Lag,       Fate::CutStreams, Fate::Hang,
                        Fate::StaleRestart, Fate::ServerError, Fate::Throttled,       Fate::Forbidden, Fate::Older};
  const bool foreign = std::ranges::any_of(story.foreign, [&](const std::string& path) { return write.path.starts_with(path); });
  if (write.method != "POST") out.push_back(Fate::Conflict);
  if (write.method != "POST" && !foreign) out.push_back(Fate::Meddle);
  if (story.wipes) out.push_back(Fate::Wipe);
  if (story.every) out.insert(out.end(), {Fate::Spoil, Fate::Delete});
  return out;
}

std::vector<Fate> fates_of_line(const Story& story) {
  if (story.leased) return {};
  return {Fate::Late, Fate::Lost, Fate::Twice};
}

std::vector<std::string> replay(const Story& story, const Reference& reference, const Decisions& decisions,
                                const std::function<void(const std::string&)>& tell) {
  Run run(story);
  while (!run.over()) {
    const Fate fate = fate_at(run, decisions);
    if (const kube::Request* write = run.sim().next_write(); tell && write != nullptr) {
      tell(core::to_rfc3339(run.sim().now()) + " write " + std::to_string(run.next_write()) + " " + write->method + " " + write->path +
           " " + std::string(to_text(fate)));
    } else if (tell && fate != Fate::Ok) {
      tell(core::to_rfc3339(run.sim().now()) + " line " + std::to_string(run.next_line()) + " " + std::string(to_text(fate)));
    }
    run.go(fate);
  }
  return judge(run, reference);
}

Walk walk(const Story& story, const Reference& reference, std::uint64_t seed, std::size_t rarity, std::size_t most) {
  Run run(story);
  std::uint64_t draws = 0;
  const auto draw = [&](std::size_t n) { return static_cast<std::size_t>(core::chance(seed, ++draws) % n); };
  while (!run.over()) {
    const bool write = run.next_write() != 0, line = run.next_line() != 0;
    Fate fate = Fate::Ok;
    if ((write || line) && run.decisions().size() < most && draw(rarity) == 0) {
      const std::vector<Fate> fates = write ? fates_of_write(story, *run.sim().next_write()) : fates_of_line(story);
      if (!fates.empty()) fate = fates[draw(fates.size())];
    }
    run.go(fate);
  }
  return {run.decisions(), judge(run, reference)};
}

Decisions shrink(const Decisions& decisions, const std::function<bool(const Decisions&)>& fails) {
  Decisions out = decisions;
  std::size_t tries = 0, parts = 2;
  const auto counted = [&](const Decisions& d) { return ++tries <= kMostTries && fails(d); };
  while (out.size() > 1 && tries < kMostTries) {
    if (auto less = smaller(out, std::min(parts, out.size()), counted)) {
      out = std::move(*less);
      parts = std::max<std::size_t>(2, parts - 1);
    } else if (parts >= out.size()) {
      break;
    } else {
      parts *= 2;
    }
  }
  return out;
}

}  // namespace millrace::sim
