#include "support/json/random.h"

#include <algorithm>
#include <random>

#include "core/time.h"

namespace millrace::json {

namespace {

using Kind = Codec::Kind;

struct Dice {
  std::mt19937_64 engine;

  std::int64_t between(std::int64_t low, std::int64_t high) { return std::uniform_int_distribution<std::int64_t>(low, high)(engine); }
  bool coin() { return between(0, 1) == 1; }
  std::string text(const Limits& limits, int at_least);
  Value leaf(const Codec& codec, const Limits& limits);
  Value list(const Codec& codec, const Limits& limits);
  Value map(const Limits& limits);
  Value any(const Codec& codec, const Limits& limits);
  Value object(const Schema& schema);
};

std::string Dice::text(const Limits& limits, int at_least) {
  if (!limits.pattern.empty()) return std::string(limits.example.empty() ? "a" : limits.example);
  static constexpr const char* kPieces[] = {"a", "Z", "0",  " ",    "\"",  "\\", "\n", "\x01",
                                            "ü", "€", "🦀", "true", "1e3", ":",  "-",  "\u2028"};
  std::string out;
  const int most = limits.max_length > 0 ? std::min(limits.max_length, 24) : 24;
  const std::int64_t length = between(std::max(at_least, limits.min_length), std::max({at_least, limits.min_length, most}));
  for (std::int64_t i = 0; i < length; ++i) {
    const std::string piece = kPieces[between(0, std::size(kPieces) - 1)];
    const bool fits = piece.size() == 1 || static_cast<unsigned char>(piece[0]) >= 0x80;
    out += fits ? piece : "x";
  }
  return out;
}

Value Dice::leaf(const Codec& codec, const Limits& limits) {
  switch (codec.kind) {
    case Kind::Boolean:
      return coin();
    case Kind::Integer:
      return between(limits.min.value_or(INT64_MIN), limits.max.value_or(INT64_MAX));
    case Kind::Duration:
      return core::to_text(core::Duration(between(limits.min.value_or(0), limits.max.value_or(360'000'000))));
    case Kind::Instant:
      return core::to_rfc3339(core::Instant(std::chrono::seconds(between(1, 4'102'444'800))));
    case Kind::Quantity:
      return std::to_string(between(0, 99)) + (coin() ? "Gi" : "m");
    case Kind::Decimal:
      return "0." + std::to_string(between(0, 999)) + (coin() ? "" : "e-2");
    case Kind::Enum:
      return codec.names[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(codec.names.size()) - 1))].name;
    case Kind::Raw:
      return Object{{text({}, 0), Array{between(-9, 9), text({}, 0), nullptr, 0.5}}, {"flag", coin()}};
    case Kind::String:
      return text(limits, limits.required ? 1 : 0);
    case Kind::StringMap:
    case Kind::List:
    case Kind::Optional:
    case Kind::Struct:
      return nullptr;
  }
  return nullptr;
}

Value Dice::list(const Codec& codec, const Limits& limits) {
  Array out;
  const std::int64_t most = limits.max_items > 0 ? std::min(limits.max_items, 5) : 5;
  const std::int64_t size =
      between(std::max<std::int64_t>(limits.min_items, limits.required), std::max<std::int64_t>(most, limits.min_items));
  for (std::int64_t i = 0; i < size; ++i) {
    Value item = any(codec, of_items(limits));
    // Keys of one list differ, as the API server demands.
    const bool twice = !limits.list_key.empty() && std::any_of(out.begin(), out.end(), [&](const Value& other) {
      return other.text_at({limits.list_key}) == item.text_at({limits.list_key});
    });
    if (!twice) out.push_back(std::move(item));
  }
  return out;
}

Value Dice::map(const Limits& limits) {
  Object out;
  const std::int64_t size = between(0, limits.max_properties > 0 ? std::min(limits.max_properties, 4) : 4);
  for (std::int64_t i = 0; i < size; ++i) out[text({}, 0)] = text({.max_length = limits.max_length}, 0);
  return out;
}

Value Dice::any(const Codec& codec, const Limits& limits) {
  switch (codec.kind) {
    case Kind::Struct:
      return object(*codec.schema);
    case Kind::List:
      return list(*codec.element, limits);
    case Kind::Optional:
      return any(*codec.element, limits);
    case Kind::StringMap:
      return map(limits);
    case Kind::String:
    case Kind::Boolean:
    case Kind::Integer:
    case Kind::Duration:
    case Kind::Instant:
    case Kind::Quantity:
    case Kind::Decimal:
    case Kind::Raw:
    case Kind::Enum:
      return leaf(codec, limits);
  }
  return nullptr;
}

Value Dice::object(const Schema& schema) {
  Object out;
  for (const Field& f : schema.fields) {
    if (f.limits.required || coin()) out[f.name] = any(*f.codec, f.limits);
  }
  return out;
}

}  // namespace

Value random_object(const Schema& schema, std::uint64_t seed) { return Dice{std::mt19937_64(seed)}.object(schema); }

}  // namespace millrace::json
