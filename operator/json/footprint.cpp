#include "json/footprint.h"

#include <algorithm>

namespace millrace::json {
namespace {

// As glibc hands out memory: a word of its own, in steps of 16, 32 at least.
std::size_t chunk(std::size_t bytes) { return bytes == 0 ? 0 : bytes <= 24 ? 32 : (bytes + 8 + 15) / 16 * 16; }

std::size_t text_bytes(const std::string& text) {
  static const std::size_t kInside = std::string().capacity();
  return text.capacity() > kInside ? chunk(text.capacity() + 1) : 0;
}

std::size_t map_bytes(const StringMap& map) {
  std::size_t out = chunk(map.capacity() * sizeof(StringMap::value_type));
  for (const auto& [name, value] : map) out += text_bytes(name) + text_bytes(value);
  return out;
}

// What an item of a list takes in the list itself: of a struct as far as its last member reaches.
std::size_t width(const void* at, const Codec& codec) {
  switch (codec.kind) {
    case Codec::Kind::String:
    case Codec::Kind::Quantity:
    case Codec::Kind::Decimal:
    case Codec::Kind::Raw:
      return sizeof(std::string);
    case Codec::Kind::StringMap:
      return sizeof(StringMap);
    case Codec::Kind::List:
      return sizeof(std::vector<int>);
    case Codec::Kind::Struct: {
      std::size_t end = 0;
      for (const Field& field : codec.schema->fields) {
        const auto* member = static_cast<const char*>(field.at(const_cast<void*>(at)));
        end = std::max(end, static_cast<std::size_t>(member - static_cast<const char*>(at)) + width(member, *field.codec));
      }
      return end;
    }
    default:
      return sizeof(std::int64_t);
  }
}

std::size_t value_bytes(const void* at, const Codec& codec) {
  switch (codec.kind) {
    case Codec::Kind::String:
      return text_bytes(*static_cast<const std::string*>(at));
    case Codec::Kind::Quantity:
      return text_bytes(static_cast<const Quantity*>(at)->text);
    case Codec::Kind::Decimal:
      return text_bytes(static_cast<const Decimal*>(at)->text);
    case Codec::Kind::Raw:
      return text_bytes(static_cast<const Text*>(at)->bytes);
    case Codec::Kind::StringMap:
      return map_bytes(*static_cast<const StringMap*>(at));
    case Codec::Kind::Struct:
      return footprint(at, *codec.schema);
    case Codec::Kind::List:
    case Codec::Kind::Optional: {
      const std::size_t items = codec.size(at);
      const bool apart = codec.kind == Codec::Kind::List && items > 0;
      std::size_t out = apart ? chunk(items * width(codec.item(at, 0), *codec.element)) : 0;
      for (std::size_t i = 0; i < items; ++i) out += value_bytes(codec.item(at, i), *codec.element);
      return out;
    }
    case Codec::Kind::Boolean:
    case Codec::Kind::Integer:
    case Codec::Kind::Duration:
    case Codec::Kind::Instant:
    case Codec::Kind::Enum:
      return 0;
  }
  return 0;
}

}  // namespace

std::size_t footprint(const void* object, const Schema& schema) {
  std::size_t out = 0;
  for (const Field& field : schema.fields) out += value_bytes(field.at(const_cast<void*>(object)), *field.codec);
  return out;
}

}  // namespace millrace::json
