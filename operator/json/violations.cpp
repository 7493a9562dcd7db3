// Validation: bounds and rules of the tables, with messages that name path, value and what is allowed.
#include <set>
#include <utility>

#include "core/check.h"
#include "core/quantity.h"
#include "core/text.h"
#include "json/codec.h"
#include "json/pattern.h"

namespace millrace::json {

namespace {

using Kind = Codec::Kind;

constexpr std::size_t kMessageBytes = 200;

std::string quoted(std::string_view s) { return "\"" + core::one_token(s, 60) + "\""; }

std::size_t code_points(std::string_view s) {
  std::size_t count = 0;
  for (const char c : s) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

std::string sentence(const std::string& path, std::string_view what) {
  return core::cut((path.empty() ? "" : path + ": ") + std::string(what), kMessageBytes);
}

std::string below(const std::string& path, const Field& f) { return path.empty() ? std::string(f.name) : path + "." + std::string(f.name); }

struct Judge {
  std::vector<std::string> found{};
  bool in_list = false;

  void say(const std::string& path, const std::string& what) { found.push_back(sentence(path, what)); }
  void text(std::string_view s, const Limits& limits, const std::string& path);
  void leaf(const void* in, const Codec& codec, const Limits& limits, const std::string& path);
  void map(const StringMap& m, const Limits& limits, const std::string& path);
  void list(const void* in, const Codec& codec, const Limits& limits, const std::string& path);
  void keys(const void* in, const Codec& codec, std::string_view key, const std::string& path);
  void any(const void* in, const Codec& codec, const Limits& limits, const std::string& path);
  void object(const void* in, const Schema& schema, const std::string& path);
};

// An empty text of a field is one that is not written, except in lists and maps.
void Judge::text(std::string_view s, const Limits& limits, const std::string& path) {
  const std::size_t length = code_points(s);
  if (limits.required && s.empty()) return say(path, "is required");
  if (s.empty() && limits.fallback.empty() && !in_list) return;
  if (limits.max_length > 0 && length > static_cast<std::size_t>(limits.max_length)) {
    return say(path,
               quoted(s) + " has " + std::to_string(length) + " characters; at most " + std::to_string(limits.max_length) + " are allowed");
  }
  if (length < static_cast<std::size_t>(limits.min_length)) {
    return say(path, quoted(s) + " must have at least " + std::to_string(limits.min_length) + " characters");
  }
  if (!limits.pattern.empty() && !matches(limits.pattern, s)) say(path, quoted(s) + " must match " + std::string(limits.pattern));
}

void Judge::leaf(const void* in, const Codec& codec, const Limits& limits, const std::string& path) {
  switch (codec.kind) {
    case Kind::String:
      return text(*static_cast<const std::string*>(in), limits, path);
    case Kind::Quantity: {
      const std::string& s = static_cast<const Quantity*>(in)->text;
      if (!s.empty() && !core::quantity_value(s)) say(path, quoted(s) + " must be a quantity such as 500m or 1Gi");
      return text(s, limits, path);
    }
    case Kind::Decimal: {
      const std::string& s = static_cast<const Decimal*>(in)->text;
      if (!s.empty() && !core::is_decimal(s)) say(path, quoted(s) + " must be a decimal such as 0.90");
      return text(s, limits, path);
    }
    case Kind::Integer: {
      const auto i = *static_cast<const std::int64_t*>(in);
      if (limits.min && i < *limits.min) say(path, std::to_string(i) + " must be at least " + std::to_string(*limits.min));
      if (limits.max && i > *limits.max) say(path, std::to_string(i) + " must be at most " + std::to_string(*limits.max));
      return;
    }
    case Kind::Duration: {
      const auto d = *static_cast<const core::Duration*>(in);
      if (limits.min && d < core::Duration(*limits.min))
        say(path, core::to_text(d) + " must be at least " + core::to_text(core::Duration(*limits.min)));
      if (limits.max && d > core::Duration(*limits.max))
        say(path, core::to_text(d) + " must be at most " + core::to_text(core::Duration(*limits.max)));
      return;
    }
    case Kind::Boolean:
    case Kind::Instant:
    case Kind::Raw:
    case Kind::Enum:
    case Kind::StringMap:
    case Kind::List:
    case Kind::Optional:
    case Kind::Struct:
      return;
  }
}

void Judge::map(const StringMap& m, const Limits& limits, const std::string& path) {
  if (limits.max_properties > 0 && m.size() > static_cast<std::size_t>(limits.max_properties)) {
    say(path, std::to_string(m.size()) + " entries; at most " + std::to_string(limits.max_properties) + " are allowed");
  }
  if (limits.required && m.empty()) say(path, "is required");
  const bool outside = std::exchange(in_list, true);
  for (const auto& [name, value] : m) text(value, {.max_length = limits.max_length}, path + "[" + core::one_token(name, 40) + "]");
  in_list = outside;
}

void Judge::keys(const void* in, const Codec& codec, std::string_view key, const std::string& path) {
  const Schema* schema = codec.element->schema;
  MILLRACE_CHECK(schema != nullptr);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < codec.size(in); ++i) {
    for (const Field& f : schema->fields) {
      if (f.name != key || f.codec->kind != Kind::String) continue;
      const auto& name = *static_cast<const std::string*>(f.at(const_cast<void*>(codec.item(in, i))));
      if (!seen.insert(name).second) say(path + "[" + std::to_string(i) + "]." + std::string(key), quoted(name) + " is there twice");
    }
  }
}

void Judge::list(const void* in, const Codec& codec, const Limits& limits, const std::string& path) {
  const std::size_t size = codec.size(in);
  if (limits.required && size == 0 && limits.min_items > 0) return say(path, "is required");
  if (limits.max_items > 0 && size > static_cast<std::size_t>(limits.max_items)) {
    return say(path, std::to_string(size) + " items; at most " + std::to_string(limits.max_items) + " are allowed");
  }
  if (size < static_cast<std::size_t>(limits.min_items) && (size > 0 || limits.required)) {
    say(path, std::to_string(size) + " items; at least " + std::to_string(limits.min_items) + " are needed");
  }
  const Limits each = of_items(limits);
  const bool outside = std::exchange(in_list, true);
  for (std::size_t i = 0; i < size; ++i) any(codec.item(in, i), *codec.element, each, path + "[" + std::to_string(i) + "]");
  in_list = outside;
  if (!limits.list_key.empty()) keys(in, codec, limits.list_key, path);
}

void Judge::any(const void* in, const Codec& codec, const Limits& limits, const std::string& path) {
  switch (codec.kind) {
    case Kind::Struct:
      return object(in, *codec.schema, path);
    case Kind::List:
      return list(in, codec, limits, path);
    case Kind::StringMap:
      return map(*static_cast<const StringMap*>(in), limits, path);
    case Kind::Optional:
      if (codec.size(in)) return any(codec.item(in, 0), *codec.element, limits, path);
      if (limits.required) say(path, "is required");
      return;
    case Kind::Raw:
      if (limits.required && static_cast<const Text*>(in)->bytes.empty()) say(path, "is required");
      return;
    case Kind::String:
    case Kind::Boolean:
    case Kind::Integer:
    case Kind::Duration:
    case Kind::Instant:
    case Kind::Quantity:
    case Kind::Decimal:
    case Kind::Enum:
      return leaf(in, codec, limits, path);
  }
}

void Judge::object(const void* in, const Schema& schema, const std::string& path) {
  const std::size_t before = found.size();
  const bool outside = std::exchange(in_list, false);
  for (const Field& f : schema.fields) any(f.at(const_cast<void*>(in)), *f.codec, f.limits, below(path, f));
  in_list = outside;
  if (found.size() > before) return;  // rules may rely on bounds
  for (const Rule& rule : schema.rules) {
    if (rule.holds && !rule.holds(in)) say(path, std::string(rule.message));
  }
}

}  // namespace

std::vector<std::string> violations(const void* in, const Schema& schema, std::string_view path) {
  Judge judge;
  judge.object(in, schema, std::string(path));
  return std::move(judge.found);
}

}  // namespace millrace::json
