// Decoder: simdjson's document into structs, by their tables.
#include <cmath>

#include "core/text.h"
#include "json/codec.h"
#include "json/dom.h"
#include "json/nearest.h"

namespace millrace::json {

namespace {

using simdjson::dom::element;
using Kind = Codec::Kind;

struct Path {  // a chain on the stack; text is made only for messages
  const Path* up = nullptr;
  std::string_view name{};
  long index = -1;
};

std::string to_text(const Path& p) {
  const std::string head = p.up ? to_text(*p.up) : "";
  if (p.index >= 0) return head + "[" + std::to_string(p.index) + "]";
  const std::string name = core::one_token(p.name, 80);
  return head.empty() ? name : head + "." + name;
}

struct Reader {
  Strictness strictness;
  std::string problem{};

  bool fail(const Path& path, std::string_view what) {
    const std::string at = to_text(path);
    problem = at.empty() ? "the document " + std::string(what) : at + ": " + std::string(what);
    return false;
  }
  bool wrong(const Path& path, std::string_view wanted, element e) {
    return fail(path, "must be " + std::string(wanted) + ", not " + shown(e));
  }
  bool read(void* out, const Codec& codec, element e, const Path& path);
  bool read_integer(void* out, element e, const Path& path);
  bool read_text(void* out, const Codec& codec, element e, const Path& path);
  bool read_enum(void* out, const Codec& codec, std::string_view text, element e, const Path& path);
  bool read_map(void* out, element e, const Path& path);
  bool read_list(void* out, const Codec& codec, element e, const Path& path);
  bool read_struct(void* out, const Schema& schema, element e, const Path& path);
  bool missing(const Schema& schema, const std::vector<bool>& seen, const Path& path);
  bool unknown(const Schema& schema, std::string_view name, const Path& path);
};

bool Reader::read_integer(void* out, element e, const Path& path) {
  std::int64_t i = 0;
  double d = 0;
  if (e.get(i)) {  // "3.0" and "3e0" are integers to the API server
    if (!e.is_double() || e.get(d) || d != std::floor(d) || std::abs(d) > 9e15) return wrong(path, "an integer", e);
    i = static_cast<std::int64_t>(d);
  }
  *static_cast<std::int64_t*>(out) = i;
  return true;
}

bool Reader::read_enum(void* out, const Codec& codec, std::string_view text, element e, const Path& path) {
  for (const EnumName& n : codec.names) {
    if (n.name == text) return codec.set_enum(out, n.value), true;
  }
  if (strictness == Strictness::Server) return true;
  std::vector<std::string> all;
  for (const EnumName& n : codec.names) all.emplace_back(n.name);
  return wrong(path, "one of " + core::join(all, ", "), e);
}

bool Reader::read_text(void* out, const Codec& codec, element e, const Path& path) {
  std::string_view text;
  const bool is_text = !e.get(text);
  if (codec.kind == Kind::Duration) {
    const auto d = is_text ? core::parse_duration(text) : std::nullopt;
    return d ? (*static_cast<core::Duration*>(out) = *d, true) : wrong(path, "a duration such as 90s or 1h30m", e);
  }
  if (codec.kind == Kind::Instant) {
    const auto t = is_text ? core::parse_rfc3339(text) : std::nullopt;
    return t ? (*static_cast<core::Instant*>(out) = *t, true) : wrong(path, "a time such as 2026-01-31T12:00:00Z", e);
  }
  if (!is_text) return wrong(path, "text", e);
  if (codec.kind == Kind::Enum) return read_enum(out, codec, text, e, path);
  std::string& into = codec.kind == Kind::Quantity  ? static_cast<Quantity*>(out)->text
                      : codec.kind == Kind::Decimal ? static_cast<Decimal*>(out)->text
                                                    : *static_cast<std::string*>(out);
  into.assign(text);
  return true;
}

bool Reader::read_map(void* out, element e, const Path& path) {
  simdjson::dom::object members;
  if (e.get(members)) return wrong(path, "a map of texts", e);
  auto& map = *static_cast<StringMap*>(out);
  map.clear();
  map.reserve(members.size());
  for (const auto member : members) {
    const Path at{&path, member.key};
    std::string_view text;
    if (member.value.get(text)) return wrong(at, "text", member.value);
    const bool is_new = map.insert_or_assign(std::string(member.key), std::string(text)).second;
    if (!is_new && strictness == Strictness::File) return fail(at, "is there twice");
  }
  return true;
}

bool Reader::read_list(void* out, const Codec& codec, element e, const Path& path) {
  simdjson::dom::array items;
  if (e.get(items)) return wrong(path, "a list", e);
  codec.clear(out);
  long index = 0;
  for (const element item : items) {
    const Path at{&path, {}, index++};
    if (!read(codec.append(out), *codec.element, item, at)) return false;
  }
  return true;
}

bool Reader::unknown(const Schema& schema, std::string_view name, const Path& path) {
  std::vector<std::string_view> known;
  for (const Field& f : schema.fields) known.push_back(f.name);
  const std::string hint(nearest(name, known));
  return fail(Path{&path, name}, hint.empty() ? "unknown field" : "unknown field; is \"" + hint + "\" meant?");
}

bool Reader::missing(const Schema& schema, const std::vector<bool>& seen, const Path& path) {
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    if (schema.fields[i].limits.required && !seen[i]) return fail(Path{&path, schema.fields[i].name}, "is required");
  }
  return true;
}

bool Reader::read_struct(void* out, const Schema& schema, element e, const Path& path) {
  simdjson::dom::object members;
  if (e.get(members)) return wrong(path, "an object", e);
  const std::size_t count = schema.fields.size();
  const bool strict = strictness == Strictness::File;
  std::vector<bool> seen(strict ? count : 0);
  std::size_t next = 0;  // members mostly come in one order: the search begins after the last hit
  for (const auto member : members) {
    std::size_t i = 0, at = next;
    for (; i < count && schema.fields[at].name != member.key; ++i) at = at + 1 == count ? 0 : at + 1;
    if (i == count && strict) return unknown(schema, member.key, path);
    if (i == count) continue;
    next = at + 1 == count ? 0 : at + 1;
    const Path here{&path, schema.fields[at].name};
    if (strict && seen[at]) return fail(here, "is there twice");
    if (member.value.is_null()) continue;  // as the API server reads it: absent
    if (strict) seen[at] = true;
    if (!read(schema.fields[at].at(out), *schema.fields[at].codec, member.value, here)) return false;
  }
  return !strict || missing(schema, seen, path);
}

bool Reader::read(void* out, const Codec& codec, element e, const Path& path) {
  switch (codec.kind) {
    case Kind::Struct:
      return read_struct(out, *codec.schema, e, path);
    case Kind::List:
      return read_list(out, codec, e, path);
    case Kind::Optional:
      return read(codec.append(out), *codec.element, e, path);
    case Kind::StringMap:
      return read_map(out, e, path);
    case Kind::Raw:
      return static_cast<Text*>(out)->bytes = dump(to_value(e)), true;
    case Kind::Boolean:
      return !e.get(*static_cast<bool*>(out)) || wrong(path, "true or false", e);
    case Kind::Integer:
      return read_integer(out, e, path);
    case Kind::String:
    case Kind::Duration:
    case Kind::Instant:
    case Kind::Quantity:
    case Kind::Decimal:
    case Kind::Enum:
      return read_text(out, codec, e, path);
  }
  return false;
}

}  // namespace

core::Result<void> decode_into(void* out, const Schema& schema, std::string_view bytes, Strictness strictness) {
  auto ok = with_document(bytes, [&](element root) -> core::Result<void> {
    Reader reader{strictness};
    if (reader.read_struct(out, schema, root, {})) return {};
    return core::Error{core::ErrorCode::Invalid, core::cut(reader.problem, 400)};
  });
  if (!ok || strictness == Strictness::Server) return ok;
  if (auto broken = violations(out, schema, ""); !broken.empty()) return core::Error{core::ErrorCode::Invalid, std::move(broken.front())};
  return {};
}

core::Result<void> decode_into(void* out, const Schema& schema, const Value& v, Strictness strictness) {
  return decode_into(out, schema, std::string_view(dump(v)), strictness);
}

}  // namespace millrace::json
