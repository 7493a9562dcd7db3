#include "support/api_server/api_server.h"

#include <algorithm>

#include "core/hash.h"
#include "support/api_server/errors.h"

namespace millrace::sim {

using json::Object;
using json::Value;

ApiServer::ApiServer() {
  create_as("kube-apiserver", Object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", Object{{"name", "default"}}}}, {});
}

kube::Response ApiServer::handle(const kube::Request& request, core::Instant now, std::string_view user_agent) {
  auto parsed = parse_call(request);
  if (auto* refused = std::get_if<kube::Response>(&parsed)) return std::move(*refused);
  const Call& call = std::get<Call>(parsed);
  if (!serves(*call.kind->resource)) return page_not_found();
  const std::string manager = call.option("fieldManager");
  const Writer who{.manager = manager.empty() ? std::string(user_agent.substr(0, user_agent.find('/'))) : manager,
                   .subresource = call.subresource,
                   .now = now};
  if (call.method == "GET" && call.watch()) {  // watches are opened by open_watch; here only the refusal matters
    const auto opened = open_watch(request);
    if (const auto* no = std::get_if<kube::Response>(&opened)) return *no;
    close_watch(std::get<WatchId>(opened));
    return {.status = 200};
  }
  if (call.method == "GET") return call.name.empty() ? list(call) : get(call);
  const std::string dry = call.option("dryRun");
  if (dry.empty()) return write(call, who);
  if (dry == "All") return ApiServer(*this).write(call, who);
  const Object cause{{"reason", "FieldValueNotSupported"}, {"field", "dryRun"}};
  return failure(422, "Invalid", "dryRun: Unsupported value: \"" + dry + "\": supported values: \"All\"",
                 Object{{"causes", json::Array{cause}}});
}

kube::Response ApiServer::write(const Call& call, const Writer& who) {
  if (call.method == "POST" && call.name.empty()) return create(call, who);
  if (call.name.empty()) return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  if (call.method == "DELETE") return remove(call, who);
  if (auto no = refused(call, call.name)) return *no;
  if (call.subresource == "scale") return scale(call, who);
  if (call.method == "PUT") return update(call, who);
  if (call.method == "PATCH") return patch(call, who);
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

void ApiServer::uninstall(std::string_view group) {
  for (const KindRules& kind : all_kinds()) {
    if (!kind.add_on || kind.resource->group != group) continue;
    absent_.insert(std::string(group));
    const Store::Objects objects = store_.objects(kind);
    for (const auto& [key, stored] : objects) store_.erase(kind, key);
    std::erase_if(watches_, [&](const auto& watch) { return watch.second.kind == &kind; });
  }
}

std::optional<kube::Response> ApiServer::refused(const Call& call, std::string_view name) const {
  const auto hit = std::ranges::find_if(refusals, [&](const RefusalRule& rule) {
    return (rule.verb.empty() || rule.verb == call.verb()) && (rule.resource == nullptr || *rule.resource == *call.kind->resource) &&
           (rule.name.empty() || rule.name == name) && call.subresource != "status";
  });
  if (hit == refusals.end()) return std::nullopt;
  std::string what(call.kind->resource->plural);
  if (!call.kind->resource->group.empty()) what += "." + std::string(call.kind->resource->group);
  Object details{{"name", name}, {"kind", call.kind->resource->plural}};
  std::string message = what + " \"" + std::string(name) + "\" is forbidden: " + hit->message;
  return failure(hit->code, hit->reason, hit->code == 403 ? std::move(message) : hit->message, std::move(details));
}

std::string ApiServer::new_uid(const KindRules& kind, const kube::ObjectKey& key) {
  const std::string path = std::string(kind.resource->plural) + "." + std::string(kind.resource->group) + "/" + kube::to_text(key);
  const std::string hex = core::sha256_hex(path + "/" + std::to_string(++births_[path]));
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-8" + hex.substr(17, 3) + "-" + hex.substr(20, 12);
}

const Value* ApiServer::find(const kube::Resource& kind, std::string_view ns, std::string_view name) const {
  const auto stored = store_.find(rules_of(kind), {std::string(ns), std::string(name)});
  return stored == nullptr ? nullptr : &stored->object;
}

std::vector<const Value*> ApiServer::list(const kube::Resource& kind, std::string_view ns) const {
  std::vector<const Value*> out;
  for (const auto& [key, stored] : store_.objects(rules_of(kind))) {
    if (ns.empty() || key.ns == ns) out.push_back(&stored->object);
  }
  return out;
}

namespace {

const KindRules* kind_of(const Value& object) {
  const std::string api_version = object.text_at({"apiVersion"});
  const auto& kinds = all_kinds();
  const auto kind = std::ranges::find_if(kinds, [&](const KindRules& k) {
    return kube::api_version(*k.resource) == api_version && k.resource->kind == object.text_at({"kind"});
  });
  return kind == kinds.end() ? nullptr : &*kind;
}

}  // namespace

int ApiServer::create_as(std::string_view manager, const Value& object, core::Instant now) {
  const KindRules* kind = kind_of(object);
  if (kind == nullptr) return 404;
  const Writer who{.manager = std::string(manager), .now = now};
  return create_object(*kind, object.text_at({"metadata", "namespace"}), object, {}, who, nullptr).status;
}

int ApiServer::put_as(std::string_view manager, const Value& object, core::Instant now) {
  const KindRules* kind = kind_of(object);
  if (kind == nullptr) return 404;
  const kube::ObjectKey key{object.text_at({"metadata", "namespace"}), object.text_at({"metadata", "name"})};
  const StoredPtr live = store_.find(*kind, key);
  if (live == nullptr) return 404;
  const Writer who{.manager = std::string(manager), .now = now};
  return update_object({*kind, key, live, who}, object, nullptr).status;
}

int ApiServer::put_status_as(std::string_view manager, const kube::Resource& kind, std::string_view ns, std::string_view name, Value status,
                             core::Instant now) {
  const KindRules& rules = rules_of(kind);
  const kube::ObjectKey key{std::string(ns), std::string(name)};
  const StoredPtr live = store_.find(rules, key);
  if (live == nullptr) return 404;
  Value next = live->object;
  (*next.object())["status"] = std::move(status);
  const Writer who{.manager = std::string(manager), .subresource = "status", .now = now};
  return update_object({rules, key, live, who}, std::move(next), nullptr).status;
}

void ApiServer::let_in(const kube::Resource& kind, std::string_view ns, std::string_view name, Value what, std::string_view member) {
  const KindRules& rules = rules_of(kind);
  const kube::ObjectKey key{std::string(ns), std::string(name)};
  const StoredPtr live = store_.find(rules, key);
  Value next = live->object;
  (*next.object())[std::string(member)] = std::move(what);
  Value& generation = (*next.object()->find("metadata")->object())["generation"];
  if (member == "spec") generation = generation.integer().value_or(0) + 1;
  store_.put(rules, key, std::move(next), live->managed);
}

void ApiServer::remove(const kube::Resource& kind, std::string_view ns, std::string_view name) {
  store_.erase(rules_of(kind), {std::string(ns), std::string(name)});
}

}  // namespace millrace::sim
