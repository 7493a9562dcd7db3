#include "support/api_server/selectors.h"

#include <algorithm>

#include "core/text.h"

namespace millrace::sim {
namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

// Commas inside brackets do not separate.
std::vector<std::string_view> terms_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t from = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ',' || (depth > 0 && i < text.size())) continue;
    if (const auto term = trimmed(text.substr(from, i - from)); !term.empty()) out.push_back(term);
    from = i + 1;
  }
  return out;
}

std::optional<std::vector<std::string>> values_in(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
  std::vector<std::string> out;
  for (const auto v : core::split(text.substr(1, text.size() - 2), ',')) out.emplace_back(trimmed(v));
  return out;
}

std::optional<std::string> text_at(const json::Value& object, std::string_view dotted) {
  const json::Value* at = &object;
  for (const auto name : core::split(dotted, '.')) {
    at = at->object() != nullptr ? at->object()->find(name) : nullptr;
    if (at == nullptr) return std::nullopt;
  }
  return at->text() != nullptr ? *at->text() : json::dump(*at);
}

core::Error unparsable(std::string_view text) {
  return {core::ErrorCode::Invalid, "unable to parse requirement: \"" + std::string(text) + "\""};
}

}  // namespace

std::optional<Selector::Term> Selector::label_term(std::string_view text) {
  if (const auto at = text.find(" notin "); at != std::string_view::npos) {
    const auto values = values_in(trimmed(text.substr(at + 7)));
    return values ? std::optional(Term{std::string(trimmed(text.substr(0, at))), Test::NotIn, *values}) : std::nullopt;
  }
  if (const auto at = text.find(" in "); at != std::string_view::npos) {
    const auto values = values_in(trimmed(text.substr(at + 4)));
    return values ? std::optional(Term{std::string(trimmed(text.substr(0, at))), Test::In, *values}) : std::nullopt;
  }
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    const bool absent = text.starts_with('!');
    return Term{std::string(trimmed(text.substr(absent ? 1 : 0))), absent ? Test::Absent : Test::Exists, {}};
  }
  const bool not_equal = equals > 0 && text[equals - 1] == '!';
  const std::size_t value = equals + (text.substr(equals).starts_with("==") ? 2 : 1);
  const auto key = trimmed(text.substr(0, not_equal ? equals - 1 : equals));
  if (key.empty() || text.substr(value).find('=') != std::string_view::npos) return std::nullopt;
  return Term{std::string(key), not_equal ? Test::NotIn : Test::In, {std::string(trimmed(text.substr(value)))}};
}

core::Result<Selector> Selector::of_labels(std::string_view text) {
  Selector out;
  for (const auto part : terms_of(text)) {
    auto term = label_term(part);
    if (!term) return unparsable(part);
    out.labels_.push_back(std::move(*term));
  }
  return out;
}

core::Result<Selector> Selector::of_fields(std::string_view text) {
  Selector out;
  for (const auto part : terms_of(text)) {
    auto term = label_term(part);
    if (!term || term->values.size() != 1) return unparsable(part);
    out.fields_.push_back(std::move(*term));
  }
  return out;
}

bool Selector::holds(const Term& term, const std::optional<std::string>& value) {
  const bool in = value && std::ranges::find(term.values, *value) != term.values.end();
  switch (term.test) {
    case Test::In:
      return in;
    case Test::NotIn:
      return !in;
    case Test::Exists:
      return value.has_value();
    case Test::Absent:
      return !value.has_value();
  }
  return false;
}

bool Selector::matches(const json::Value& object) const {
  const json::Value* labels = object.at({"metadata", "labels"});
  const auto label = [&](const std::string& key) -> std::optional<std::string> {
    const json::Value* v = labels != nullptr && labels->object() != nullptr ? labels->object()->find(key) : nullptr;
    return v != nullptr && v->text() != nullptr ? std::optional(*v->text()) : std::nullopt;
  };
  return std::ranges::all_of(labels_, [&](const Term& t) { return holds(t, label(t.key)); }) &&
         std::ranges::all_of(fields_, [&](const Term& t) { return holds(t, text_at(object, t.key).value_or("")); });
}

std::vector<std::string> Selector::fields() const {
  std::vector<std::string> out;
  for (const auto& term : fields_) out.push_back(term.key);
  return out;
}

}  // namespace millrace::sim
