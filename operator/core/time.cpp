#include "core/time.h"

#include <array>
#include <cstdint>
#include <cstdio>

namespace millrace::core {

using namespace std::chrono;

std::string to_rfc3339(Instant t) {
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss time(t - day);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return out.data();
}

std::string to_rfc3339_micro(Instant t) {
  std::string out = to_rfc3339(t);
  out.insert(out.size() - 1, ".000000");
  return out;
}

namespace {

// Reads from the front of a text; every reader leaves `ok` false for good once something did not fit.
struct Scanner {
  std::string_view rest;
  bool ok = true;

  bool take(char c) {
    if (rest.empty() || rest[0] != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok = take(c) && ok; }
  bool digit() const { return !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; }
  int number(int width) {
    int out = 0;
    for (int i = 0; i < width; ++i) {
      if (!digit()) return ok = false, 0;
      out = out * 10 + (rest[0] - '0');
      rest.remove_prefix(1);
    }
    return out;
  }
};

std::optional<seconds> zone(Scanner& in) {
  if (in.take('Z')) return seconds(0);
  const bool west = in.take('-');
  if (!west) in.expect('+');
  const int h = in.number(2);
  in.expect(':');
  const int m = in.number(2);
  if (!in.ok || h > 23 || m > 59) return {};
  return (hours(h) + minutes(m)) * (west ? -1 : 1);
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  Scanner in{text};
  const int y = in.number(4);
  in.expect('-');
  const int mo = in.number(2);
  in.expect('-');
  const int d = in.number(2);
  in.expect('T');
  const int h = in.number(2);
  in.expect(':');
  const int mi = in.number(2);
  in.expect(':');
  const int s = in.number(2);
  if (in.take('.')) {
    in.ok = in.ok && in.digit();
    while (in.digit()) in.rest.remove_prefix(1);
  }
  const auto offset = zone(in);
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!in.ok || !offset || !in.rest.empty() || !date.ok() || h > 23 || mi > 59 || s > 59) return {};
  return sys_days(date) + hours(h) + minutes(mi) + seconds(s) - *offset;
}

namespace {

struct Unit {
  std::string_view name;
  std::int64_t millis;
};
constexpr Unit kUnits[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit kUnitsForPeople[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr std::int64_t kLongest = 9'223'372'036'854;  // Go's time.Duration ends here

}  // namespace

std::string to_text(Duration d) {
  if (d.count() == 0) return "0s";
  std::string out = d.count() < 0 ? "-" : "";
  std::uint64_t left = d.count() < 0 ? -static_cast<std::uint64_t>(d.count()) : static_cast<std::uint64_t>(d.count());
  for (const Unit& unit : kUnits) {
    if (const auto n = left / unit.millis; n > 0) out.append(std::to_string(n)).append(unit.name);
    left %= unit.millis;
  }
  return out;
}

// One number with its unit, in milliseconds; fractions below a millisecond are dropped.
static std::optional<std::int64_t> part(Scanner& in) {
  if (!in.digit()) return {};
  std::int64_t whole = 0, fraction = 0, scale = 1;
  for (; in.digit(); in.number(1)) {
    whole = whole * 10 + (in.rest[0] - '0');
    if (whole > kLongest) return {};
  }
  if (in.take('.')) {
    if (!in.digit()) return {};
    while (in.digit()) {
      const int n = in.number(1);
      if (scale < 1'000'000'000) fraction = fraction * 10 + n, scale *= 10;
    }
  }
  const std::size_t length = in.rest.starts_with("ms") ? 2 : 1;
  for (const Unit& unit : kUnits) {
    if (in.rest.substr(0, length) != unit.name) continue;
    in.rest.remove_prefix(length);
    if (whole > kLongest / unit.millis) return {};
    return whole * unit.millis + fraction * unit.millis / scale;
  }
  return {};
}

std::optional<Duration> parse_duration(std::string_view text) {
  Scanner in{text};
  std::int64_t out = 0;
  do {
    const auto millis = part(in);
    if (!millis || (out += *millis) > kLongest) return {};
  } while (!in.rest.empty());
  return Duration(out);
}

std::string for_people(Duration d) {
  if (d.count() < 0) return "-" + for_people(-d);
  std::int64_t left = d.count();
  if (left >= 1'000) left -= left % 1'000;
  std::string out;
  int units = 0;
  for (const Unit& unit : kUnitsForPeople) {
    const std::int64_t n = left / unit.millis;
    left %= unit.millis;
    if (n > 0) out.append(std::to_string(n)).append(unit.name);
    units += n > 0 || units > 0;  // "1d" and not "1d5m": the second unit is the next one
    if (units == 2) break;
  }
  return out.empty() ? "0s" : out;
}

}  // namespace millrace::core
