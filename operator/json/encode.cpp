// Encoder: structs to documents, by their tables.
#include <algorithm>

#include "core/check.h"
#include "core/text.h"
#include "json/codec.h"

namespace millrace::json {

namespace {

using Kind = Codec::Kind;

constexpr std::size_t kMessageBytes = 1024;  // of a text without a bound of its own, when clamped

struct Writer {
  Clamp clamp;
  Volatile keep;

  Value text(const std::string& s, const Limits& limits) const;
  Value map(const StringMap& m, const Limits& limits) const;
  Value list(const void* in, const Codec& codec, const Limits& limits) const;
  Value any(const void* in, const Codec& codec, const Limits& limits) const;
  Value object(const void* in, const Schema& schema) const;
};

bool must_stand(const Limits& limits) { return limits.required || !limits.fallback.empty(); }

Value raw(const Text& text) {
  if (text.bytes.empty()) return {};
  auto parsed = parse(text.bytes);
  MILLRACE_CHECK(parsed.has_value());
  return std::move(*parsed);
}

std::string enum_text(const void* in, const Codec& codec) {
  const int value = codec.get_enum(in);
  const auto at = std::find_if(codec.names.begin(), codec.names.end(), [&](const EnumName& n) { return n.value == value; });
  MILLRACE_CHECK(at != codec.names.end());
  return std::string(at->name);
}

Value Writer::text(const std::string& s, const Limits& limits) const {
  if (clamp == Clamp::No) return s;
  const std::size_t bytes = limits.max_length > 0 ? static_cast<std::size_t>(limits.max_length) : kMessageBytes;
  return core::cut(core::is_utf8(s) ? s : core::to_utf8(s), bytes);
}

Value Writer::map(const StringMap& m, const Limits& limits) const {
  if (clamp == Clamp::No) return m;
  const auto most = static_cast<std::size_t>(limits.max_properties);
  Object out;
  for (const auto& [name, value] : m) {
    if (most > 0 && out.size() == most) break;
    out[name] = text(value, limits);
  }
  return out;
}

Value Writer::list(const void* in, const Codec& codec, const Limits& limits) const {
  Array out;
  const std::size_t size = codec.size(in);
  const auto most = static_cast<std::size_t>(limits.max_items);
  const std::size_t first = clamp == Clamp::Yes && most > 0 && size > most ? size - most : 0;  // the newest stand last
  out.reserve(size - first);
  for (std::size_t i = first; i < size; ++i) out.push_back(any(codec.item(in, i), *codec.element, limits));
  return out;
}

Value Writer::any(const void* in, const Codec& codec, const Limits& limits) const {
  switch (codec.kind) {
    case Kind::Struct:
      return object(in, *codec.schema);
    case Kind::List:
      return list(in, codec, limits);
    case Kind::Optional:
      return codec.size(in) ? any(codec.item(in, 0), *codec.element, limits) : Value();
    case Kind::StringMap:
      return map(*static_cast<const StringMap*>(in), limits);
    case Kind::String:
      return text(*static_cast<const std::string*>(in), limits);
    case Kind::Boolean:
      return *static_cast<const bool*>(in);
    case Kind::Integer:
      return *static_cast<const std::int64_t*>(in);
    case Kind::Duration:
      return core::to_text(*static_cast<const core::Duration*>(in));
    case Kind::Instant:
      return core::to_rfc3339(*static_cast<const core::Instant*>(in));
    case Kind::Quantity:
      return static_cast<const Quantity*>(in)->text;
    case Kind::Decimal:
      return static_cast<const Decimal*>(in)->text;
    case Kind::Enum:
      return enum_text(in, codec);
    case Kind::Raw:
      return raw(*static_cast<const Text*>(in));
  }
  return {};
}

// What needs not be written: it reads back as the member's initialiser.
bool is_empty(const void* in, const Field& f, const Value& v) {
  switch (f.codec->kind) {
    case Kind::Optional:
      return v.is_null();
    case Kind::Instant:
      return *static_cast<const core::Instant*>(in) == core::Instant{};
    case Kind::Raw:
      return static_cast<const Text*>(in)->bytes.empty() || v.is_null();
    case Kind::String:
    case Kind::Quantity:
    case Kind::Decimal:
    case Kind::Enum:
      return v.text()->empty() && !must_stand(f.limits);
    case Kind::StringMap:
    case Kind::Struct:
      return v.object()->empty() && !must_stand(f.limits);
    case Kind::List:
      return v.array()->empty() && !must_stand(f.limits);
    case Kind::Boolean:
    case Kind::Integer:
    case Kind::Duration:
      return false;
  }
  return false;
}

Value Writer::object(const void* in, const Schema& schema) const {
  Object out;
  for (const Field& f : schema.fields) {
    if (keep == Volatile::Drop && f.limits.is_volatile) continue;
    const void* member = f.at(const_cast<void*>(in));  // `at` only computes an address
    Value v = any(member, *f.codec, f.limits);
    if (!is_empty(member, f, v)) out[f.name] = std::move(v);
  }
  return out;
}

}  // namespace

Value encode_from(const void* in, const Schema& schema, Clamp clamp, Volatile keep) { return Writer{clamp, keep}.object(in, schema); }

}  // namespace millrace::json
