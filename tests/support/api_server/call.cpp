#include "support/api_server/call.h"

#include "core/text.h"
#include "support/api_server/errors.h"

namespace millrace::sim {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// What stands after the group's version: [namespaces/<ns>/]<plural>[/<name>[/<subresource>]].
void read_rest(Call& call, std::string_view group, std::string_view version, std::vector<std::string> rest) {
  const bool inside = rest.size() >= 3 && rest[0] == "namespaces";
  if (inside) {
    call.ns = rest[1];
    rest.erase(rest.begin(), rest.begin() + 2);
  }
  call.kind = rest.empty() ? nullptr : find_kind(group, version, rest[0]);
  if (rest.size() > 1) call.name = rest[1];
  if (rest.size() > 2) call.subresource = rest[2];
  if (rest.size() > 3) call.kind = nullptr;
}

bool serves(const Call& call) {
  if (call.kind == nullptr) return false;
  const bool placed = call.kind->resource->namespaced ? !call.ns.empty() || call.name.empty() : call.ns.empty();
  if (!placed) return false;
  if (call.subresource == "status") return call.kind->has_status;
  if (call.subresource == "scale") return call.kind->has_scale;
  return call.subresource.empty();
}

}  // namespace

Query query_of(std::string_view path) {
  Query out;
  const auto question = path.find('?');
  if (question == std::string_view::npos || question + 1 == path.size()) return out;
  for (const auto pair : core::split(path.substr(question + 1), '&')) {
    const auto equals = std::min(pair.find('='), pair.size());
    const std::string value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    out[decoded(pair.substr(0, equals), true)] = value;
  }
  return out;
}

std::string Call::option(std::string_view key) const {
  const auto hit = query.find(key);
  return hit == query.end() ? "" : hit->second;
}

std::string Call::verb() const {
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return name.empty() ? "deletecollection" : "delete";
  if (watch()) return "watch";
  return name.empty() ? "list" : "get";
}

std::variant<Call, kube::Response> parse_call(const kube::Request& request) {
  Call call{.method = request.method, .content_type = request.content_type, .body = request.body};
  const std::string_view path = request.path;
  const auto question = std::min(path.find('?'), path.size());
  call.query = query_of(path);
  std::vector<std::string> parts;
  for (const auto part : core::split(path.substr(0, question), '/')) {
    if (!part.empty()) parts.push_back(decoded(part, false));
  }
  if (parts.size() >= 3 && parts[0] == "api") {
    read_rest(call, "", parts[1], {parts.begin() + 2, parts.end()});
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    read_rest(call, parts[1], parts[2], {parts.begin() + 3, parts.end()});
  }
  if (!serves(call)) return page_not_found();
  return call;
}

std::optional<Access> access_of(const kube::Request& request) {
  const auto parsed = parse_call(request);
  const auto* call = std::get_if<Call>(&parsed);
  if (call == nullptr) return std::nullopt;
  std::string resource(call->kind->resource->plural);
  if (!call->subresource.empty()) resource += "/" + call->subresource;
  return Access{std::string(call->kind->resource->group), std::move(resource), call->verb()};
}

}  // namespace millrace::sim
