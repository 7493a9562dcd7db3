// Instants, durations and the two clocks. Texts: RFC 3339 in UTC with whole seconds ("2026-01-31T12:00:00Z"; fractions are
// read and dropped), durations in Go's style ("90s", "1h30m", "250ms", "0s").
// Instant is wall time and only ever stands in objects; Ticks is monotonic time that counts suspend (CLOCK_BOOTTIME), for
// queues, leases and backoff. Nothing but a driver reads a clock: machines and planners are handed Now.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::core {

using Instant = std::chrono::sys_seconds;
using Duration = std::chrono::milliseconds;
using Ticks = std::chrono::milliseconds;

struct Now {
  Instant wall{};
  Ticks mono{};
};

std::string to_rfc3339(Instant t);
std::optional<Instant> parse_rfc3339(std::string_view text);

// MicroTime of Leases and Events: "2026-01-31T12:00:00.000000Z".
std::string to_rfc3339_micro(Instant t);

std::string to_text(Duration d);
std::optional<Duration> parse_duration(std::string_view text);

// "4m", "2h10m": at most two units, for sentences.
std::string for_people(Duration d);

}  // namespace millrace::core
