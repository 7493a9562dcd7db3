#include "telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "core/text.h"

namespace millrace::telemetry {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warn", "error"};
constexpr std::size_t kLongestText = 256, kLongestMessage = 1024;

std::string number(double d) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", d);
  return text.data();
}

std::string logfmt(std::string_view text, std::size_t limit) {
  const std::string safe = core::one_token(text, limit);
  const bool bare = !safe.empty() && safe.find_first_of(" =\"\\") == std::string::npos;
  return bare ? safe : '"' + safe + '"';
}

std::string quoted(std::string_view text, std::size_t limit) {
  std::string out = "\"";
  for (const char c : core::cut(core::to_utf8(text), limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "\\u%04x", byte);
      out += hex.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct ShowValue {
  Format format;
  std::string operator()(const std::string& text) const {
    return format == Format::Json ? quoted(text, kLongestText) : logfmt(text, kLongestText);
  }
  std::string operator()(std::int64_t i) const { return std::to_string(i); }
  std::string operator()(double d) const { return number(d); }
  std::string operator()(bool b) const { return b ? "true" : "false"; }
};

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const std::size_t n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + n, text.size() - n, ".%03dZ", static_cast<int>(millis));
  return text.data();
}

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == text) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::optional<Format> parse_format(std::string_view text) {
  if (text == "logfmt") return Format::Logfmt;
  if (text == "json") return Format::Json;
  return std::nullopt;
}

std::string format_line(Format format, std::string_view time, Level level, std::string_view message, const Fields& fields) {
  const bool json = format == Format::Json;
  const std::string_view name = kLevels[static_cast<std::size_t>(level)];
  std::string out = json ? "{\"time\":\"" : "time=";
  out.append(time).append(json ? "\",\"level\":\"" : " level=").append(name).append(json ? "\",\"msg\":" : " msg=");
  out += json ? quoted(message, kLongestMessage) : logfmt(message, kLongestMessage);
  for (const Field& f : fields) {
    out.append(json ? ",\"" : " ").append(f.key).append(json ? "\":" : "=").append(std::visit(ShowValue{format}, f.value));
  }
  if (json) out += '}';
  return out;
}

struct Log::Stderr {
  spdlog::logger logger{"millrace", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log(Format format, Level lowest) : format_(format), lowest_(lowest), stderr_(std::make_unique<Stderr>()) {
  stderr_->logger.set_pattern("%v");
  stderr_->logger.set_level(spdlog::level::trace);
}

Log::Log(Format format, Level lowest, Sink sink) : format_(format), lowest_(lowest), sink_(std::move(sink)) {}

Log::~Log() = default;

void Log::line(Level level, std::string_view message, const Fields& fields) {
  if (!shows(level)) return;
  const std::string text = format_line(format_, now_text(), level, message, fields);
  if (sink_) return sink_(text);
  // Passed as an argument: a text of ours is never a format string.
  stderr_->logger.log(spdlog::level::info, "{}", text);
}

void Log::flush() {
  if (stderr_) stderr_->logger.flush();
}

}  // namespace millrace::telemetry
