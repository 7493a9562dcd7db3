#include "support/api_server/metadata.h"

#include <algorithm>

#include "core/text.h"

namespace millrace::sim {
namespace {

using json::Value;

constexpr std::size_t kLongestLabel = 63, kLongestName = 253;

bool lower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool any_case(char c) { return lower(c) || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && lower(text.front()) && lower(text.back()) &&
         std::ranges::all_of(text, [](char c) { return lower(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.size() > kLongestName) return false;
  const auto parts = core::split(text, '.');
  return std::ranges::all_of(parts, [](std::string_view part) { return is_label(part, kLongestName); });
}

bool is_word(std::string_view text) {
  return text.size() <= kLongestLabel && any_case(text.front()) && any_case(text.back()) &&
         std::ranges::all_of(text, [](char c) { return any_case(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_key(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return !text.empty() && is_word(text);
  const std::string_view name = text.substr(slash + 1);
  return is_subdomain(text.substr(0, slash)) && !name.empty() && is_word(name);
}

void judge_labels(const Value& object, std::vector<Cause>& out) {
  const Value* labels = object.at({"metadata", "labels"});
  if (labels == nullptr || labels->object() == nullptr) return;
  for (const auto& [key, value] : labels->object()->members()) {
    const bool good = is_key(key) && value.text() != nullptr && (value.text()->empty() || is_word(*value.text()));
    if (!good) out.push_back({"FieldValueInvalid", "Invalid value: \"" + key + "\"", "metadata.labels"});
  }
}

void judge_owners(const Value& object, std::vector<Cause>& out) {
  const Value* owners = object.at({"metadata", "ownerReferences"});
  if (owners == nullptr || owners->array() == nullptr) return;
  int controllers = 0;
  for (const Value& owner : *owners->array()) {
    if (owner.text_at({"uid"}).empty())
      out.push_back({"FieldValueInvalid", "Invalid value: \"\": uid must not be empty", "metadata.ownerReferences.uid"});
    const Value* controller = owner.at({"controller"});
    controllers += controller != nullptr && controller->boolean().value_or(false);
  }
  if (controllers > 1)
    out.push_back({"FieldValueInvalid", "Invalid value: Only one reference can have Controller set to true", "metadata.ownerReferences"});
}

}  // namespace

std::vector<Cause> broken_metadata(const KindRules& kind, const Value& object) {
  std::vector<Cause> out;
  const std::string name = object.text_at({"metadata", "name"});
  const bool good = kind.name_is_label ? is_label(name, kLongestLabel) : is_subdomain(name);
  if (!good) out.push_back({"FieldValueInvalid", "Invalid value: \"" + name + "\"", "metadata.name"});
  judge_labels(object, out);
  judge_owners(object, out);
  return out;
}

}  // namespace millrace::sim
