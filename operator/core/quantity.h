// Kubernetes quantities ("500m", "1Gi", "2"): compared by value, written as the user wrote them.
// Source: apimachinery resource.Quantity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::core {

// In thousandths of the unit, exact; nullopt when the text is no quantity or does not fit 64 bits.
std::optional<std::int64_t> quantity_millis(std::string_view text);

// Whole units, rounded up; nullopt as above.
std::optional<std::int64_t> quantity_value(std::string_view text);

}  // namespace millrace::core
