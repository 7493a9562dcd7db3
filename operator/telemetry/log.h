// Log: one line per event worth a line, on stderr, as logfmt or JSON. A pass that wrote or refused something is one line;
// there are no other log calls in controllers or machines. Texts are escaped and cut at 256 bytes, so one event stays one line.
// Thread contract: a Log may be used from any thread. Errors: none; a line that cannot be written is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::telemetry {

enum class Level { Debug, Info, Warn, Error };
enum class Format { Logfmt, Json };

std::optional<Level> parse_level(std::string_view text);    // debug, info, warn, error
std::optional<Format> parse_format(std::string_view text);  // logfmt, json

struct Field {
  std::string key{};  // ours: [a-z_]+
  std::variant<std::string, std::int64_t, double, bool> value{};
};
using Fields = std::vector<Field>;

// The line without its end: `time=… level=info msg=pass key=shop/churn ms=12`.
std::string format_line(Format format, std::string_view time, Level level, std::string_view message, const Fields& fields);

class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;
  Log(Format format, Level lowest);             // to stderr
  Log(Format format, Level lowest, Sink sink);  // for tests
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void line(Level level, std::string_view message, const Fields& fields = {});
  void info(std::string_view message, const Fields& fields = {}) { line(Level::Info, message, fields); }
  void warn(std::string_view message, const Fields& fields = {}) { line(Level::Warn, message, fields); }
  void error(std::string_view message, const Fields& fields = {}) { line(Level::Error, message, fields); }
  bool shows(Level level) const { return level >= lowest_; }
  void flush();

 private:
  struct Stderr;
  Format format_;
  Level lowest_;
  Sink sink_;
  std::unique_ptr<Stderr> stderr_;
};

}  // namespace millrace::telemetry
