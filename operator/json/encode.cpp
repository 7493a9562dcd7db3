// Encoder: structs to documents, by their tables.
#include <algorithm>

#include "core/text.h"
#include "json/codec.h"

namespace millrace::json {

namespace {

constexpr std::size_t kMessageBytes = 1024;  // of a text without a bound of its own, when clamped

struct Writer {
  Clamp clamp;
  Volatile keep;

  Value leaf(const void* in, const Codec& codec, const Limits& limits) const;
  Value list(const void* in, const Codec& codec, const Limits& limits) const;
  Value any(const void* in, const Codec& codec, const Limits& limits) const;
  Value object(const void* in, const Schema& schema) const;
  std::string text(const std::string& s, const Limits& limits) const {
    if (clamp == Clamp::No) return s;
    return core::cut(core::is_utf8(s) ? s : core::to_utf8(s), limits.max_length > 0 ? static_cast<std::size_t>(limits.max_length) : kMessageBytes);
  }
};

// What needs not be written: it reads back as the member's initialiser.
bool is_empty(const Value& v) {
  return v.is_null() || (v.text() && v.text()->empty()) || (v.array() && v.array()->empty()) || (v.object() && v.object()->empty());
}

std::string enum_text(const void* in, const Codec& codec) {
  const int value = codec.get_enum(in);
  const auto at = std::find_if(codec.names.begin(), codec.names.end(), [&](const EnumName& n) { return n.value == value; });
  return at == codec.names.end() ? "" : std::string(at->name);
}

Value Writer::leaf(const void* in, const Codec& codec, const Limits& limits) const {
  switch (codec.kind) {
    case Codec::Kind::String: return text(*static_cast<const std::string*>(in), limits);
    case Codec::Kind::Boolean: return *static_cast<const bool*>(in);
    case Codec::Kind::Integer: return *static_cast<const std::int64_t*>(in);
    case Codec::Kind::Duration: return core::to_text(*static_cast<const core::Duration*>(in));
    case Codec::Kind::Instant: {
      const auto t = *static_cast<const core::Instant*>(in);
      return t == core::Instant{} ? Value() : Value(core::to_rfc3339(t));
    }
    case Codec::Kind::Quantity: return static_cast<const Quantity*>(in)->text;
    case Codec::Kind::Decimal: return static_cast<const Decimal*>(in)->text;
    case Codec::Kind::Enum: return enum_text(in, codec);
    case Codec::Kind::Raw: {
      const Text& raw = *static_cast<const Text*>(in);
      auto parsed = raw.bytes.empty() ? core::Result<Value>(Value()) : parse(raw.bytes);
      return parsed ? std::move(*parsed) : Value();
    }
    default: return {};
  }
}

Value Writer::list(const void* in, const Codec& codec, const Limits& limits) const {
  Array out;
  const std::size_t size = codec.size(in);
  const auto most = static_cast<std::size_t>(limits.max_items);
  const std::size_t first = clamp == Clamp::Yes && most > 0 && size > most ? size - most : 0;  // the newest stand last
  for (std::size_t i = first; i < size; ++i) out.push_back(any(codec.item(in, i), *codec.element, {}));
  return out;
}

Value Writer::any(const void* in, const Codec& codec, const Limits& limits) const {
  switch (codec.kind) {
    case Codec::Kind::Struct: return object(in, *codec.schema);
    case Codec::Kind::List: return list(in, codec, limits);
    case Codec::Kind::Optional: return codec.size(in) ? any(codec.item(in, 0), *codec.element, limits) : Value();
    case Codec::Kind::StringMap: return *static_cast<const StringMap*>(in);
    default: return leaf(in, codec, limits);
  }
}

Value Writer::object(const void* in, const Schema& schema) const {
  Object out;
  for (const Field& f : schema.fields) {
    if (keep == Volatile::Drop && f.limits.is_volatile) continue;
    Value v = any(f.at(const_cast<void*>(in)), *f.codec, f.limits);  // `at` only computes an address
    const bool is_null = v.is_null();
    if (is_null || (is_empty(v) && !f.limits.required && f.limits.fallback.empty())) continue;
    out[f.name] = std::move(v);
  }
  return out;
}

}  // namespace

Value encode_from(const void* in, const Schema& schema, Clamp clamp, Volatile keep) { return Writer{clamp, keep}.object(in, schema); }

}  // namespace millrace::json
