#include "support/sim/fate.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/text.h"

namespace millrace::sim {
namespace {

constexpr std::pair<Fate, std::string_view> kNames[] = {
    {Fate::Ok, "ok"},
    {Fate::CrashBefore, "crash-before"},
    {Fate::CrashAfter, "crash-after"},
    {Fate::Conflict, "conflict"},
    {Fate::CommitThenError, "answer-lost"},
    {Fate::Hang, "hang"},
    {Fate::ServerError, "server-error"},
    {Fate::Throttled, "throttled"},
    {Fate::Forbidden, "forbidden"},
    {Fate::Lag, "watches-late"},
    {Fate::CutStreams, "watches-cut"},
    {Fate::StaleRestart, "stale-restart"},
    {Fate::Freeze, "freeze"},
    {Fate::Meddle, "meddle"},
    {Fate::Wipe, "wipe"},
    {Fate::Older, "older"},
    {Fate::Spoil, "spoil"},
    {Fate::Delete, "delete"},
    {Fate::Late, "late"},
    {Fate::Lost, "lost"},
    {Fate::Twice, "twice"},
};

std::optional<Decision> decision_of(std::string_view text) {
  const auto words = core::split(text, ' ');
  if (words.size() != 3) return std::nullopt;
  const auto name = std::ranges::find(kNames, words[2], &std::pair<Fate, std::string_view>::second);
  Decision out;
  const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), out.at);
  if (name == std::end(kNames) || error != std::errc() || end != words[1].data() + words[1].size()) return std::nullopt;
  out.fate = name->first;
  if (words[0] != (of_line(out.fate) ? "line" : "write")) return std::nullopt;
  return out;
}

}  // namespace

std::string_view to_text(Fate fate) { return std::ranges::find(kNames, fate, &std::pair<Fate, std::string_view>::first)->second; }

bool of_line(Fate fate) { return fate == Fate::Late || fate == Fate::Lost || fate == Fate::Twice; }

bool crashes(Fate fate) {
  return fate == Fate::CrashBefore || fate == Fate::CrashAfter || fate == Fate::Wipe || fate == Fate::Older || fate == Fate::StaleRestart;
}

std::string to_text(const Decisions& decisions) {
  std::vector<std::string> out;
  for (const Decision& d : decisions)
    out.push_back((of_line(d.fate) ? "line " : "write ") + std::to_string(d.at) + " " + std::string(to_text(d.fate)));
  return core::join(out, ", ");
}

std::optional<Decisions> decisions_of(std::string_view text) {
  Decisions out;
  if (text.empty()) return out;
  for (std::string_view part : core::split(text, ',')) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    const auto one = decision_of(part);
    if (!one) return std::nullopt;
    out.push_back(*one);
  }
  return out;
}

}  // namespace millrace::sim
