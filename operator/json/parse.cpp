#include "core/text.h"
#include "json/dom.h"
#include "json/value.h"

namespace millrace::json {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// One parser and one padded buffer a thread: both keep their memory for the next document.
struct Workbench {
  simdjson::dom::parser parser{kMaxBytes + simdjson::SIMDJSON_PADDING};
  std::string padded{};
  bool busy = false;
};

Workbench& workbench() {
  thread_local Workbench bench;
  return bench;
}

core::Result<void> parse_on(Workbench& bench, std::string_view bytes, const std::function<core::Result<void>(element)>& use) {
  bench.padded.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
  bench.padded.assign(bytes);
  if (bench.parser.capacity() < bytes.size() || bench.parser.max_depth() != kMaxDepth) {
    if (bench.parser.allocate(std::max<std::size_t>(bytes.size(), 1u << 16), kMaxDepth)) {
      return core::Error{core::ErrorCode::TooLarge, "no memory for a document of " + std::to_string(bytes.size()) + " bytes"};
    }
  }
  element root;
  const auto error = bench.parser.parse(bench.padded.data(), bytes.size(), false).get(root);
  if (error == simdjson::UTF8_ERROR) {
    bench.padded = core::to_utf8(bytes);
    const std::string mended = bench.padded;
    return parse_on(bench, mended, use);
  }
  if (error) return core::Error{core::ErrorCode::Invalid, std::string("not JSON: ") + simdjson::error_message(error)};
  return use(root);
}

}  // namespace

core::Result<void> with_document(std::string_view bytes, const std::function<core::Result<void>(element)>& use) {
  if (bytes.size() > kMaxBytes) {
    return core::Error{core::ErrorCode::TooLarge, "a document of " + std::to_string(bytes.size()) + " bytes; at most 3 MiB are read"};
  }
  Workbench& bench = workbench();
  if (bench.busy) {  // a visitor that parses: it gets a bench of its own
    Workbench another;
    return parse_on(another, bytes, use);
  }
  bench.busy = true;
  struct Release {
    Workbench& bench;
    ~Release() { bench.busy = false; }
  } release{bench};
  return parse_on(bench, bytes, use);
}

Value to_value(element e) {
  switch (e.type()) {
    case element_type::ARRAY: {
      Array out;
      for (const element item : simdjson::dom::array(e)) out.push_back(to_value(item));
      return out;
    }
    case element_type::OBJECT: {
      Object out;
      for (const auto member : simdjson::dom::object(e)) out[member.key] = to_value(member.value);
      return out;
    }
    case element_type::INT64: return std::int64_t(e);
    case element_type::UINT64: return double(e);
    case element_type::DOUBLE: return double(e);
    case element_type::STRING: return std::string_view(e);
    case element_type::BOOL: return bool(e);
    case element_type::NULL_VALUE: return nullptr;
  }
  return nullptr;
}

std::string shown(element e) {
  std::string_view text;
  if (!e.get(text)) return "\"" + core::one_token(text, 56) + "\"";
  return core::cut(simdjson::minify(e), 60);
}

core::Result<Value> parse(std::string_view bytes) {
  Value out;
  auto ok = with_document(bytes, [&](element root) -> core::Result<void> {
    out = to_value(root);
    return {};
  });
  if (!ok) return std::move(ok).error();
  return out;
}

}  // namespace millrace::json
