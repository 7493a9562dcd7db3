#include "support/api_server/errors.h"

#include "core/text.h"

namespace millrace::sim {
namespace {

using json::Object;
using json::Value;

std::string qualified(const KindRules& kind) {
  std::string out(kind.resource->plural);
  if (!kind.resource->group.empty()) out += "." + std::string(kind.resource->group);
  return out;
}

Object details_of(const KindRules& kind, std::string_view name, bool by_kind = false) {
  Object out{{"name", name}, {"kind", by_kind ? kind.resource->kind : kind.resource->plural}};
  if (!kind.resource->group.empty()) out["group"] = kind.resource->group;
  return out;
}

json::Array to_json(const std::vector<Cause>& causes) {
  json::Array out;
  for (const auto& cause : causes) out.emplace_back(Object{{"reason", cause.reason}, {"message", cause.message}, {"field", cause.field}});
  return out;
}

}  // namespace

kube::Response answer(int code, const Value& body) { return {.status = code, .body = json::dump(body)}; }

Value status_body(int code, std::string_view reason, std::string message, Value details) {
  Object body{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", Object{}}, {"status", "Failure"}, {"message", std::move(message)},
              {"reason", reason}, {"code", code}};
  if (!details.is_null()) body["details"] = std::move(details);
  return body;
}

kube::Response failure(int code, std::string_view reason, std::string message, Value details) {
  return answer(code, status_body(code, reason, std::move(message), std::move(details)));
}

kube::Response page_not_found() { return {.status = 404, .body = "404 page not found\n"}; }

kube::Response bad_request(std::string message) { return failure(400, "BadRequest", std::move(message)); }

kube::Response unsupported_media(std::string_view content_type) {
  return failure(415, "UnsupportedMediaType", "the body of the request was in an unknown format: " + std::string(content_type));
}

kube::Response not_found(const KindRules& kind, std::string_view name) {
  return failure(404, "NotFound", qualified(kind) + " \"" + std::string(name) + "\" not found", details_of(kind, name));
}

kube::Response already_exists(const KindRules& kind, std::string_view name) {
  return failure(409, "AlreadyExists", qualified(kind) + " \"" + std::string(name) + "\" already exists", details_of(kind, name));
}

kube::Response conflict(const KindRules& kind, std::string_view name, std::string_view why) {
  std::string message = "Operation cannot be fulfilled on " + qualified(kind) + " \"" + std::string(name) + "\": " + std::string(why);
  return failure(409, "Conflict", std::move(message), details_of(kind, name));
}

kube::Response apply_conflict(const std::vector<Cause>& causes) {
  std::string message = "Apply failed with " + std::to_string(causes.size()) + (causes.size() == 1 ? " conflict: " : " conflicts: ");
  for (const auto& cause : causes) {
    if (&cause != &causes.front()) message += ", ";
    message += cause.message + ": " + cause.field;
  }
  return failure(409, "Conflict", std::move(message), Object{{"causes", to_json(causes)}});
}

kube::Response invalid(const KindRules& kind, std::string_view name, const std::vector<Cause>& causes) {
  std::string what(kind.resource->kind);
  if (!kind.resource->group.empty()) what += "." + std::string(kind.resource->group);
  std::string message = what + " \"" + std::string(name) + "\" is invalid: ";
  if (causes.size() != 1) message += "[";
  for (const auto& cause : causes) {
    if (&cause != &causes.front()) message += ", ";
    message += cause.field + ": " + cause.message;
  }
  if (causes.size() != 1) message += "]";
  Object details = details_of(kind, name, true);
  details["causes"] = to_json(causes);
  return failure(422, "Invalid", std::move(message), std::move(details));
}

kube::Response expired(std::string message) { return failure(410, "Expired", std::move(message)); }

}  // namespace millrace::sim
