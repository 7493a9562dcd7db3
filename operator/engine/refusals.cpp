#include "engine/refusals.h"

#include <algorithm>

namespace millrace::engine {

Refusals::Key Refusals::key(const plan::Write& write) {
  return {std::string(write.kind->kind), write.name, write.how == plan::Write::How::Finalize};
}

bool Refusals::held(const plan::Write& write, const About& about, core::Instant now) const {
  if (write.lane == plan::Lane::Status) return false;
  const auto it = entries_.find(key(write));
  if (it == entries_.end() || it->second.about != about) return false;
  return now < plan::retry_at(it->second.refusal);
}

bool Refusals::refused(const plan::Write& write, const About& about, plan::Refusal refusal) {
  const auto it = entries_.find(key(write));
  if (it == entries_.end()) {
    entries_.emplace(key(write), Entry{std::move(refusal), about});
    return true;
  }
  Entry& entry = it->second;
  if (entry.about.hash == about.hash && entry.about.generation == about.generation) {
    refusal.at = entry.refusal.at;
    refusal.times = entry.refusal.times + 1;
  }
  const bool news = entry.refusal.code != refusal.code || entry.refusal.message != refusal.message || entry.refusal.taken != refusal.taken;
  entry = {std::move(refusal), about};
  return news;
}

bool Refusals::knows(const plan::Write& write, const About& about) const {
  const auto it = entries_.find(key(write));
  return it != entries_.end() && it->second.about == about;
}

void Refusals::again(const plan::Write& write) {
  if (const auto it = entries_.find(key(write)); it != entries_.end()) ++it->second.refusal.times;
}

bool Refusals::settled(const plan::Write& write) { return entries_.erase(key(write)) > 0; }

bool Refusals::keep(const std::vector<plan::Write>& wanted, const Planned& planned, std::int64_t generation, core::Instant now) {
  const auto over = [&](const auto& item) {
    const auto& [name, entry] = item;
    const bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const plan::Write& w) { return key(w) == name; });
    if (is_wanted) return false;
    return name.finalizers || planned.contains({name.kind, name.name}) || entry.about.generation != generation ||
           now >= plan::retry_at(entry.refusal);
  };
  return std::erase_if(entries_, over) > 0;
}

std::vector<plan::Refusal> Refusals::all() const {
  std::vector<plan::Refusal> out;
  for (const auto& [key, entry] : entries_) out.push_back(entry.refusal);
  return out;
}

std::optional<core::Instant> Refusals::next_retry() const {
  std::optional<core::Instant> out;
  for (const auto& [key, entry] : entries_) {
    const core::Instant at = plan::retry_at(entry.refusal);
    out = out ? std::min(*out, at) : at;
  }
  return out;
}

}  // namespace millrace::engine
