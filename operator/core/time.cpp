#include "core/time.h"

#include <array>
#include <cstdio>

namespace millrace::core {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string format(Instant t, const char* tail) {
  const auto day = std::chrono::floor<days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(t - day);
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d%s", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), tail);
  return out;
}

// `count` digits at `at` as a number; -1 when they are not all there.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    out = out * 10 + (text[i] - '0');
  }
  return out;
}

// Seconds east of UTC from "Z" or "+02:00" at `at`, which must end the text.
std::optional<int> offset(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) return at + 1 == text.size() ? std::optional(0) : std::nullopt;
  if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') return std::nullopt;
  const int hour = digits(text, at + 1, 2);
  const int minute = digits(text, at + 4, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return (text[at] == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
}

struct Unit {
  std::string_view name;
  milliseconds size;
};
constexpr std::array<Unit, 4> kUnits{{{"ms", milliseconds(1)}, {"s", seconds(1)}, {"m", minutes(1)}, {"h", hours(1)}}};

// The unit that stands at the head of the text; "ms" before "m".
const Unit* unit_at(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

}  // namespace

std::string to_rfc3339(Instant t) { return format(t, "Z"); }

std::string to_rfc3339_micro(Instant t) { return format(t, ".000000Z"); }

std::optional<Instant> parse_rfc3339(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  std::size_t end = 19;
  if (end < text.size() && text[end] == '.') {
    const std::size_t first = ++end;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == first) return std::nullopt;
  }
  const auto east = offset(text, end);
  if (!east) return std::nullopt;
  return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - seconds(*east);
}

std::string to_text(Duration d) {
  if (d == Duration::zero()) return "0s";
  std::string out = d < Duration::zero() ? "-" : "";
  if (d < Duration::zero()) d = -d;
  const std::chrono::hh_mm_ss<milliseconds> parts(d);
  if (parts.hours().count() > 0) out += std::to_string(parts.hours().count()) + "h";
  if (parts.minutes().count() > 0) out += std::to_string(parts.minutes().count()) + "m";
  if (parts.seconds().count() > 0) out += std::to_string(parts.seconds().count()) + "s";
  if (parts.subseconds().count() > 0) out += std::to_string(parts.subseconds().count()) + "ms";
  return out;
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty() || text.size() > 32) return std::nullopt;
  if (text == "0") return Duration::zero();
  double total = 0;
  while (!text.empty()) {
    std::size_t end = 0;
    double number = 0, scale = 1;
    bool fraction = false;
    for (; end < text.size() && ((text[end] >= '0' && text[end] <= '9') || (text[end] == '.' && !fraction)); ++end) {
      if (text[end] == '.') {
        fraction = true;
        continue;
      }
      number = number * 10 + (text[end] - '0');
      if (fraction) scale *= 10;
    }
    if (end == 0 || (fraction && scale == 1)) return std::nullopt;
    const Unit* unit = unit_at(text.substr(end));
    if (!unit) return std::nullopt;
    total += number / scale * static_cast<double>(unit->size.count());
    text.remove_prefix(end + unit->name.size());
  }
  if (total > 9e15) return std::nullopt;
  return Duration(static_cast<Duration::rep>(total + 0.5));
}

std::string for_people(Duration d) {
  const auto whole = std::chrono::round<seconds>(d < Duration::zero() ? Duration::zero() : d);
  if (whole < minutes(1)) return std::to_string(whole.count()) + "s";
  if (whole < hours(1)) {
    const auto rest = whole % minutes(1);
    return std::to_string(whole / minutes(1)) + "m" + (rest.count() > 0 ? std::to_string(rest.count()) + "s" : "");
  }
  const auto rest = whole % hours(1) / minutes(1);
  return std::to_string(whole / hours(1)) + "h" + (rest > 0 ? std::to_string(rest) + "m" : "");
}

}  // namespace millrace::core
