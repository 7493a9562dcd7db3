// Measures as people read them and status keeps them: "0.0213", "312ms", "1.24s". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::inference_service {

std::string number_text(double value);     // four digits
std::string seconds_text(double seconds);  // "312ms"
std::string count_text(double count);      // rounded

// What such a text or a limit of a spec says ("0.01", "250ms", "1m30s", in seconds); nullopt: nothing that can be compared.
std::optional<double> measure_of(std::string_view text);

}  // namespace millrace::inference_service
