// Validation: bounds and rules of the tables, with messages that name path, value and what is allowed.
#include <set>

#include "core/check.h"
#include "core/quantity.h"
#include "core/text.h"
#include "json/codec.h"
#include "json/pattern.h"

namespace millrace::json {

namespace {

constexpr std::size_t kMessageBytes = 200;

std::string quoted(std::string_view s) { return "\"" + core::one_token(s, 60) + "\""; }

std::size_t code_points(std::string_view s) {
  std::size_t count = 0;
  for (const char c : s) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

struct Judge {
  std::vector<std::string> found{};

  void say(const std::string& path, const std::string& what) { found.push_back(core::cut(path + ": " + what, kMessageBytes)); }
  void text(std::string_view s, const Limits& limits, const std::string& path);
  void leaf(const void* in, const Codec& codec, const Limits& limits, const std::string& path);
  void map(const StringMap& m, const Limits& limits, const std::string& path);
  void list(const void* in, const Codec& codec, const Limits& limits, const std::string& path);
  void keys(const void* in, const Codec& codec, std::string_view key, const std::string& path);
  void any(const void* in, const Codec& codec, const Limits& limits, const std::string& path);
  void object(const void* in, const Schema& schema, const std::string& path);
};

void Judge::text(std::string_view s, const Limits& limits, const std::string& path) {
  const std::size_t length = code_points(s);
  if (limits.required && s.empty()) return say(path, "is required");
  if (s.empty() && limits.min_length == 0) return;
  if (limits.max_length > 0 && length > static_cast<std::size_t>(limits.max_length)) {
    return say(path, quoted(s) + " has " + std::to_string(length) + " characters; at most " + std::to_string(limits.max_length) + " are allowed");
  }
  if (length < static_cast<std::size_t>(limits.min_length)) {
    return say(path, quoted(s) + " must have at least " + std::to_string(limits.min_length) + " characters");
  }
  if (!limits.pattern.empty() && !matches(limits.pattern, s)) say(path, quoted(s) + " must match " + std::string(limits.pattern));
}

void Judge::leaf(const void* in, const Codec& codec, const Limits& limits, const std::string& path) {
  switch (codec.kind) {
    case Codec::Kind::String: return text(*static_cast<const std::string*>(in), limits, path);
    case Codec::Kind::Quantity: {
      const std::string& s = static_cast<const Quantity*>(in)->text;
      if (!s.empty() && !core::quantity_value(s)) say(path, quoted(s) + " must be a quantity such as 500m or 1Gi");
      return text(s, limits, path);
    }
    case Codec::Kind::Decimal: {
      const std::string& s = static_cast<const Decimal*>(in)->text;
      if (!s.empty() && !core::is_decimal(s)) say(path, quoted(s) + " must be a decimal such as 0.90");
      return text(s, limits, path);
    }
    case Codec::Kind::Integer: {
      const auto i = *static_cast<const std::int64_t*>(in);
      if (limits.min && i < *limits.min) say(path, std::to_string(i) + " must be at least " + std::to_string(*limits.min));
      if (limits.max && i > *limits.max) say(path, std::to_string(i) + " must be at most " + std::to_string(*limits.max));
      return;
    }
    case Codec::Kind::Duration: {
      const auto d = *static_cast<const core::Duration*>(in);
      if (limits.min && d < core::Duration(*limits.min)) say(path, core::to_text(d) + " must be at least " + core::to_text(core::Duration(*limits.min)));
      if (limits.max && d > core::Duration(*limits.max)) say(path, core::to_text(d) + " must be at most " + core::to_text(core::Duration(*limits.max)));
      return;
    }
    default: return;
  }
}

void Judge::map(const StringMap& m, const Limits& limits, const std::string& path) {
  if (limits.max_properties > 0 && m.size() > static_cast<std::size_t>(limits.max_properties)) {
    say(path, std::to_string(m.size()) + " entries; at most " + std::to_string(limits.max_properties) + " are allowed");
  }
  if (limits.required && m.empty()) say(path, "is required");
  for (const auto& [name, value] : m) text(value, {.max_length = limits.max_length}, path + "[" + core::one_token(name, 40) + "]");
}

void Judge::keys(const void* in, const Codec& codec, std::string_view key, const std::string& path) {
  const Schema* schema = codec.element->schema;
  MILLRACE_CHECK(schema != nullptr);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < codec.size(in); ++i) {
    for (const Field& f : schema->fields) {
      if (f.name != key || f.codec->kind != Codec::Kind::String) continue;
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
  const Limits each{.max_length = limits.max_length, .pattern = limits.pattern};
  for (std::size_t i = 0; i < size; ++i) any(codec.item(in, i), *codec.element, each, path + "[" + std::to_string(i) + "]");
  if (!limits.list_key.empty()) keys(in, codec, limits.list_key, path);
}

void Judge::any(const void* in, const Codec& codec, const Limits& limits, const std::string& path) {
  switch (codec.kind) {
    case Codec::Kind::Struct: return object(in, *codec.schema, path);
    case Codec::Kind::List: return list(in, codec, limits, path);
    case Codec::Kind::StringMap: return map(*static_cast<const StringMap*>(in), limits, path);
    case Codec::Kind::Optional:
      if (codec.size(in)) return any(codec.item(in, 0), *codec.element, limits, path);
      if (limits.required) say(path, "is required");
      return;
    default: return leaf(in, codec, limits, path);
  }
}

void Judge::object(const void* in, const Schema& schema, const std::string& path) {
  const std::size_t before = found.size();
  for (const Field& f : schema.fields) {
    any(f.at(const_cast<void*>(in)), *f.codec, f.limits, path.empty() ? std::string(f.name) : path + "." + std::string(f.name));
  }
  if (found.size() > before) return;  // rules may rely on bounds
  for (const Rule& rule : schema.rules) {
    if (rule.holds && !rule.holds(in)) found.push_back(core::cut((path.empty() ? "" : path + ": ") + std::string(rule.message), kMessageBytes));
  }
}

void transitions(const void* before, const void* after, const Schema& schema, const std::string& path, std::vector<std::string>& out) {
  for (const Rule& rule : schema.rules) {
    if (rule.holds_over && !rule.holds_over(before, after)) out.push_back(core::cut(path + ": " + std::string(rule.message), kMessageBytes));
  }
  for (const Field& f : schema.fields) {
    void* a = f.at(const_cast<void*>(before));
    void* b = f.at(const_cast<void*>(after));
    const std::string at = path.empty() ? std::string(f.name) : path + "." + std::string(f.name);
    if (f.limits.immutable) {
      const Field one[] = {f};
      const Schema alone{.doc = {}, .fields = one};
      if (!(encode_from(before, alone) == encode_from(after, alone))) out.push_back(at + ": is immutable");
    }
    if (f.codec->kind == Codec::Kind::Struct) transitions(a, b, *f.codec->schema, at, out);
  }
}

}  // namespace

std::vector<std::string> violations(const void* in, const Schema& schema, std::string_view path) {
  Judge judge;
  judge.object(in, schema, std::string(path));
  return std::move(judge.found);
}

std::vector<std::string> transition_violations(const void* before, const void* after, const Schema& schema, std::string_view path) {
  std::vector<std::string> out;
  transitions(before, after, schema, std::string(path), out);
  return out;
}

}  // namespace millrace::json
