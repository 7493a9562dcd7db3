#include "inference_service/analysis/text.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/text.h"
#include "core/time.h"

namespace millrace::inference_service {

std::string number_text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 4).ptr};
}

std::string seconds_text(double seconds) { return seconds < 1 ? number_text(seconds * 1000) + "ms" : number_text(seconds) + "s"; }

std::string count_text(double count) { return std::to_string(std::llround(count)); }

std::optional<double> measure_of(std::string_view text) {
  if (core::is_decimal(text)) return core::decimal(text);
  // Milliseconds with a fraction are none of Duration's, which counts whole ones.
  const std::string_view unit = text.ends_with("ms") ? "ms" : text.ends_with("s") ? "s" : "";
  const std::string_view number = text.substr(0, text.size() - unit.size());
  if (!unit.empty() && core::is_decimal(number)) return core::decimal(number) / (unit == "ms" ? 1000 : 1);
  if (const auto duration = core::parse_duration(text)) return std::chrono::duration<double>(*duration).count();
  return std::nullopt;
}

}  // namespace millrace::inference_service
