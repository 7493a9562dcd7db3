#include <algorithm>

#include "core/text.h"
#include "json/dom.h"
#include "json/locate.h"
#include "json/value.h"

namespace millrace::json {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// One parser and one padded buffer a thread: both keep their memory for the next document.
struct Workbench {
  simdjson::dom::parser parser{};
  std::string padded{};
  bool busy = false;
};

Workbench& workbench() {
  thread_local Workbench bench;
  return bench;
}

simdjson::error_code run(Workbench& bench, std::string_view bytes, element& root) {
  bench.padded.assign(bytes);
  bench.padded.append(simdjson::SIMDJSON_PADDING, ' ');
  if (bench.parser.capacity() < bytes.size() || bench.parser.max_depth() != kMaxDepth) {
    if (const auto error = bench.parser.allocate(std::max<std::size_t>(bytes.size(), 1u << 16), kMaxDepth)) return error;
  }
  return bench.parser.parse(bench.padded.data(), bytes.size(), false).get(root);
}

// What Go writes and simdjson refuses: integers of more than 64 bits. What users manage to store: broken UTF-8.
simdjson::error_code run_mended(Workbench& bench, std::string_view bytes, element& root) {
  return run(bench, with_big_integers_as_doubles(core::to_utf8(bytes)), root);
}

core::Error told(std::string_view bytes, simdjson::error_code error) {
  const Fault fault = first_fault(bytes, kMaxDepth);
  const std::string what = fault.what.empty() ? simdjson::error_message(error) : position(bytes, fault.at) + ": " + fault.what;
  return {core::ErrorCode::Invalid, "not JSON: " + what};
}

core::Result<void> parse_on(Workbench& bench, std::string_view bytes, const std::function<core::Result<void>(element)>& use) {
  element root;
  auto error = run(bench, bytes, root);
  if (error == simdjson::UTF8_ERROR || error == simdjson::NUMBER_ERROR) error = run_mended(bench, bytes, root);
  if (error) return told(bytes, error);
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
      out.reserve(simdjson::dom::array(e).size());
      for (const element item : simdjson::dom::array(e)) out.push_back(to_value(item));
      return out;
    }
    case element_type::OBJECT: {
      Object out;
      out.reserve(simdjson::dom::object(e).size());
      for (const auto member : simdjson::dom::object(e)) out[member.key] = to_value(member.value);
      return out;
    }
    case element_type::INT64:
      return std::int64_t(e);
    case element_type::UINT64:
      return double(e);
    case element_type::DOUBLE:
      return double(e);
    case element_type::STRING:
      return std::string_view(e);
    case element_type::BOOL:
      return bool(e);
    case element_type::NULL_VALUE:
      return nullptr;
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
