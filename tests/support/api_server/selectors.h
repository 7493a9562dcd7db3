// Label and field selectors as values. Source: apimachinery pkg/labels, pkg/fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "json/value.h"

namespace millrace::sim {

class Selector {
 public:
  // Error: Invalid, the text does not parse.
  static core::Result<Selector> of_labels(std::string_view text);
  static core::Result<Selector> of_fields(std::string_view text);
  bool matches(const json::Value& object) const;
  std::vector<std::string> fields() const;  // the field names asked for
  bool operator==(const Selector&) const = default;

 private:
  enum class Test { In, NotIn, Exists, Absent };
  struct Term {
    std::string key{};
    Test test = Test::In;
    std::vector<std::string> values{};
    bool operator==(const Term&) const = default;
  };
  static std::optional<Term> label_term(std::string_view text);
  static bool holds(const Term& term, const std::optional<std::string>& value);
  std::vector<Term> labels_{}, fields_{};
};

}  // namespace millrace::sim
