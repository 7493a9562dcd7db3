#include "json/fallback.h"

namespace millrace::json {

static bool is_text(const Codec& codec) {
  switch (codec.kind) {
    case Codec::Kind::String:
    case Codec::Kind::Duration:
    case Codec::Kind::Instant:
    case Codec::Kind::Quantity:
    case Codec::Kind::Decimal:
    case Codec::Kind::Enum:
      return true;
    case Codec::Kind::Boolean:
    case Codec::Kind::Integer:
    case Codec::Kind::Raw:
    case Codec::Kind::StringMap:
    case Codec::Kind::List:
    case Codec::Kind::Struct:
      return false;
    case Codec::Kind::Optional:
      return is_text(*codec.element);
  }
  return false;
}

core::Result<Value> literal(const Codec& codec, std::string_view text) {
  if (!is_text(codec)) return parse(text);
  return text == "\"\"" ? Value("") : Value(text);
}

}  // namespace millrace::json
