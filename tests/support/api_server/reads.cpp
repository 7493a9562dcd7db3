// GET and LIST.
#include <algorithm>

#include "support/api_server/api_server.h"
#include "support/api_server/list_options.h"

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

bool selectable(const KindRules& kind, std::string_view field) {
  if (field == "metadata.name" || field == "metadata.namespace") return true;
  if (kind.resource->kind == "Event")
    return field.starts_with("involvedObject.") || field.starts_with("regarding.") || field == "reason" || field == "type";
  if (kind.resource->kind == "Pod") return field == "status.phase" || field == "spec.nodeName";
  return kind.custom && (field == "status.phase" || field == "spec.model");
}

// A continue token: the snapshot's version and the last key told. It is good until the next compaction.
struct Token {
  std::string version{}, ns{}, name{};
};

std::optional<Token> read_token(const std::string& text) {
  const auto first = text.find('/'), second = text.find('/', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  return Token{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

constexpr std::string_view kOldToken =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
    "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and "
    "now may show up in the list.";

Value list_item(const KindRules& kind, const Stored& stored) {
  auto item = json::parse(stored.bytes);
  if (!kind.custom) {
    item->object()->erase("apiVersion");
    item->object()->erase("kind");
  }
  return std::move(*item);
}

}  // namespace

std::variant<Selector, kube::Response> field_selector(const KindRules& kind, const std::string& text) {
  auto selector = Selector::of_fields(text);
  if (!selector) return bad_request(selector.error().message);
  for (const auto& field : selector->fields()) {
    if (!selectable(kind, field)) return bad_request("field label not supported: " + field);
  }
  return std::move(*selector);
}

kube::Response ApiServer::get(const Call& call) const {
  const StoredPtr stored = store_.find(*call.kind, {call.ns, call.name});
  if (stored == nullptr) return not_found(*call.kind, call.name);
  if (call.subresource != "scale") return {.status = 200, .body = stored->bytes};
  const Value& o = stored->object;
  const auto copy = [&](std::initializer_list<std::string_view> path, Value otherwise) {
    return o.at(path) != nullptr ? *o.at(path) : std::move(otherwise);
  };
  const Value wanted = copy({"spec", "replicas"}, 0);
  return answer(200, Object{{"kind", "Scale"},
                            {"apiVersion", "autoscaling/v1"},
                            {"metadata", Object{{"name", call.name},
                                                {"namespace", call.ns},
                                                {"uid", o.text_at({"metadata", "uid"})},
                                                {"resourceVersion", o.text_at({"metadata", "resourceVersion"})},
                                                {"creationTimestamp", o.text_at({"metadata", "creationTimestamp"})}}},
                            {"spec", wanted == Value(0) ? Object{} : Object{{"replicas", wanted}}},  // omitempty
                            {"status", Object{{"replicas", copy({"status", "replicas"}, 0)}}}});
}

kube::Response ApiServer::list(const Call& call) const {
  auto labels = Selector::of_labels(call.option("labelSelector"));
  if (!labels) return bad_request(labels.error().message);
  auto fields = field_selector(*call.kind, call.option("fieldSelector"));
  if (auto* no = std::get_if<kube::Response>(&fields)) return *no;
  if (auto no = broken_list_options(call, store_.version())) return *no;
  const std::string more = call.option("continue"), limit_text = call.option("limit");
  const auto token = more.empty() ? std::optional(Token{}) : read_token(more);
  if (!token) return bad_request("continue key is not valid: " + more);
  if (!more.empty() && kube::compare_versions(token->version, std::to_string(store_.compacted())) < 0) {
    return expired(std::string(kOldToken));
  }
  const std::size_t limit = limit_text.empty() ? 0 : std::stoul(limit_text);
  json::Array items;
  std::size_t left = 0;
  kube::ObjectKey last;
  const Store::Objects then = more.empty() ? Store::Objects{} : store_.objects_at(*call.kind, std::stoull(token->version));
  for (const auto& [key, stored] : more.empty() ? store_.objects(*call.kind) : then) {
    if (!call.ns.empty() && key.ns != call.ns) continue;
    if (!more.empty() && key <= kube::ObjectKey{token->ns, token->name}) continue;
    if (!labels->matches(stored->object) || !std::get<Selector>(fields).matches(stored->object)) continue;
    if (limit != 0 && items.size() == limit) {
      ++left;
      continue;
    }
    items.push_back(list_item(*call.kind, *stored));
    last = key;
  }
  const std::string version = more.empty() ? std::to_string(store_.version()) : token->version;
  Object meta{{"resourceVersion", version}};
  if (call.kind->custom) meta["continue"] = "";
  if (left > 0) {
    meta["continue"] = version + "/" + last.ns + "/" + last.name;
    if (call.option("labelSelector").empty() && call.option("fieldSelector").empty())
      meta["remainingItemCount"] = static_cast<std::int64_t>(left);
  }
  return answer(200, Object{{"kind", std::string(call.kind->resource->kind) + "List"},
                            {"apiVersion", kube::api_version(*call.kind->resource)},
                            {"metadata", std::move(meta)},
                            {"items", std::move(items)}});
}

}  // namespace millrace::sim
