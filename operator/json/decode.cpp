// Decoder: simdjson's document into structs, by their tables.
#include "core/text.h"
#include "json/codec.h"
#include "json/dom.h"

namespace millrace::json {

namespace {

using simdjson::dom::element;

struct Path {  // a chain on the stack; text is made only for messages
  const Path* up = nullptr;
  std::string_view name{};
  long index = -1;
};

std::string to_text(const Path& p) {
  const std::string head = p.up ? to_text(*p.up) : "";
  if (p.index >= 0) return head + "[" + std::to_string(p.index) + "]";
  return head.empty() ? std::string(p.name) : head + "." + std::string(p.name);
}

struct Reader {
  Strictness strictness;
  std::string problem{};

  bool fail(const Path& path, std::string_view what) {
    const std::string at = to_text(path);
    problem = at.empty() ? std::string(what) : at + ": " + std::string(what);
    return false;
  }
  bool wrong_type(const Path& path, std::string_view wanted, element e) {
    return fail(path, "must be " + std::string(wanted) + ", not " + shown(e));
  }
  bool read(void* out, const Codec& codec, element e, const Path& path);
  bool read_text_leaf(void* out, const Codec& codec, std::string_view text, element e, const Path& path);
  bool read_map(void* out, element e, const Path& path);
  bool read_list(void* out, const Codec& codec, element e, const Path& path);
  bool read_struct(void* out, const Schema& schema, element e, const Path& path);
  bool read_member(void* out, const Schema& schema, std::size_t& next, std::string_view name, element e, const Path& path);
};

std::string names_of(const Codec& codec) {
  std::vector<std::string> all;
  for (const EnumName& n : codec.names) all.emplace_back(n.name);
  return core::join(all, ", ");
}

bool Reader::read_text_leaf(void* out, const Codec& codec, std::string_view text, element e, const Path& path) {
  switch (codec.kind) {
    case Codec::Kind::String: static_cast<std::string*>(out)->assign(text); return true;
    case Codec::Kind::Quantity: static_cast<Quantity*>(out)->text.assign(text); return true;
    case Codec::Kind::Decimal: static_cast<Decimal*>(out)->text.assign(text); return true;
    case Codec::Kind::Duration:
      if (const auto d = core::parse_duration(text)) return *static_cast<core::Duration*>(out) = *d, true;
      return wrong_type(path, "a duration such as 90s or 1h30m", e);
    case Codec::Kind::Instant:
      if (const auto t = core::parse_rfc3339(text)) return *static_cast<core::Instant*>(out) = *t, true;
      return wrong_type(path, "a time such as 2026-01-31T12:00:00Z", e);
    case Codec::Kind::Enum:
      for (const EnumName& n : codec.names) {
        if (n.name == text) return codec.set_enum(out, n.value), true;
      }
      if (strictness == Strictness::Server) return true;
      return wrong_type(path, "one of " + names_of(codec), e);
    default: return wrong_type(path, "another type", e);
  }
}

bool Reader::read_map(void* out, element e, const Path& path) {
  simdjson::dom::object members;
  if (e.get(members)) return wrong_type(path, "a map of texts", e);
  auto& map = *static_cast<StringMap*>(out);
  map.clear();
  for (const auto member : members) {
    const Path at{&path, member.key};
    std::string_view text;
    if (member.value.get(text)) return wrong_type(at, "text", member.value);
    map.insert_or_assign(std::string(member.key), std::string(text));
  }
  return true;
}

bool Reader::read_list(void* out, const Codec& codec, element e, const Path& path) {
  simdjson::dom::array items;
  if (e.get(items)) return wrong_type(path, "a list", e);
  codec.clear(out);
  long index = 0;
  for (const element item : items) {
    const Path at{&path, {}, index++};
    if (!read(codec.append(out), *codec.element, item, at)) return false;
  }
  return true;
}

bool Reader::read_member(void* out, const Schema& schema, std::size_t& next, std::string_view name, element e, const Path& path) {
  // Members mostly arrive in the order of one encoder: the search begins after the last hit.
  const std::size_t count = schema.fields.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Field& f = schema.fields[(next + i) % count];
    if (f.name != name) continue;
    next = (next + i + 1) % count;
    if (e.is_null()) return true;
    const Path at{&path, f.name};
    return read(f.at(out), *f.codec, e, at);
  }
  if (strictness == Strictness::Server) return true;
  std::vector<std::string> known;
  for (const Field& f : schema.fields) known.emplace_back(f.name);
  return fail(Path{&path, name}, "unknown field; known are " + core::join(known, ", "));
}

bool Reader::read_struct(void* out, const Schema& schema, element e, const Path& path) {
  simdjson::dom::object members;
  if (e.get(members)) return wrong_type(path, "an object", e);
  std::size_t next = 0;
  for (const auto member : members) {
    if (!read_member(out, schema, next, member.key, member.value, path)) return false;
  }
  return true;
}

bool Reader::read(void* out, const Codec& codec, element e, const Path& path) {
  switch (codec.kind) {
    case Codec::Kind::Struct: return read_struct(out, *codec.schema, e, path);
    case Codec::Kind::List: return read_list(out, codec, e, path);
    case Codec::Kind::Optional: return read(codec.append(out), *codec.element, e, path);
    case Codec::Kind::StringMap: return read_map(out, e, path);
    case Codec::Kind::Raw: static_cast<Text*>(out)->bytes = dump(to_value(e)); return true;
    case Codec::Kind::Boolean: return !e.get(*static_cast<bool*>(out)) || wrong_type(path, "true or false", e);
    case Codec::Kind::Integer: {
      std::int64_t i = 0;
      if (e.get(i)) return wrong_type(path, "an integer", e);
      *static_cast<std::int64_t*>(out) = i;
      return true;
    }
    default: {
      std::string_view text;
      if (e.get(text)) return wrong_type(path, "text", e);
      return read_text_leaf(out, codec, text, e, path);
    }
  }
}

}  // namespace

core::Result<void> decode_into(void* out, const Schema& schema, std::string_view bytes, Strictness strictness) {
  return with_document(bytes, [&](element root) -> core::Result<void> {
    Reader reader{strictness};
    if (!reader.read_struct(out, schema, root, {})) return core::Error{core::ErrorCode::Invalid, core::cut(reader.problem, 400)};
    if (strictness == Strictness::File) {
      if (const auto broken = violations(out, schema, ""); !broken.empty()) return core::Error{core::ErrorCode::Invalid, broken.front()};
    }
    return {};
  });
}

core::Result<void> decode_into(void* out, const Schema& schema, const Value& v, Strictness strictness) {
  const std::string bytes = dump(v);
  return decode_into(out, schema, std::string_view(bytes), strictness);
}

}  // namespace millrace::json
