#include "support/conformance/row.h"

#include <algorithm>

#include "core/text.h"

namespace millrace::conformance {
namespace {

using json::Value;
using Names = std::map<std::string, std::string>;

std::string filled(std::string text, const Names& names) {
  for (const auto& [name, value] : names) {
    const std::string hole = "{" + name + "}";
    for (auto at = text.find(hole); at != std::string::npos; at = text.find(hole, at + value.size())) text.replace(at, hole.size(), value);
  }
  return text;
}

const Value* item(const json::Array& list, std::string_view segment) {
  const auto equals = segment.find('=');
  if (equals == std::string_view::npos) {
    const std::size_t index = std::stoul(std::string(segment));
    return index < list.size() ? &list[index] : nullptr;
  }
  const auto hit =
      std::ranges::find_if(list, [&](const Value& v) { return v.text_at({segment.substr(0, equals)}) == segment.substr(equals + 1); });
  return hit == list.end() ? nullptr : &*hit;
}

const Value* at(const Value& root, std::string_view path) {
  const Value* v = &root;
  for (const auto part : core::split(path, '/')) {
    std::string segment(part);
    std::ranges::replace(segment, '~', '/');
    if (v->object() != nullptr) {
      v = v->object()->find(segment);
    } else {
      v = v->array() != nullptr ? item(*v->array(), segment) : nullptr;
    }
    if (v == nullptr) return nullptr;
  }
  return v;
}

std::string text_of(const Value* v) {
  if (v == nullptr) return "(absent)";
  return v->text() != nullptr ? *v->text() : json::dump(*v);
}

bool holds(const Expectation& e, const Value& body, const Names& names) {
  const Value* v = at(body, e.path);
  const std::string wanted = filled(text_of(&e.value), names);
  switch (e.test) {
    case Expectation::Test::Equals:
      return v != nullptr && (*v == e.value || (e.value.text() != nullptr && v->text() != nullptr && *v->text() == wanted));
    case Expectation::Test::Absent:
      return v == nullptr;
    case Expectation::Test::Present:
      return v != nullptr;
    case Expectation::Test::Same:
      return v != nullptr && text_of(v) == wanted;
    case Expectation::Test::Differs:
      return v != nullptr && text_of(v) != wanted;
    case Expectation::Test::Contains:
      return v != nullptr && text_of(v).find(wanted) != std::string::npos;
  }
  return false;
}

std::vector<std::string> judge(const Step& step, const kube::Response& response, Names& names) {
  std::vector<std::string> out;
  const std::string what = step.request.method + " " + filled(step.request.path, names) + ": ";
  if (response.status != step.status) {
    out.push_back(what + "status " + std::to_string(response.status) + " instead of " + std::to_string(step.status) + " " +
                  response.body.substr(0, 600));
    return out;
  }
  const auto body = json::parse(response.body);
  if (!body) return out;
  for (const auto& e : step.expectations) {
    if (!holds(e, *body, names))
      out.push_back(what + e.path + " is " + text_of(at(*body, e.path)) + ", test " + std::to_string(static_cast<int>(e.test)) +
                    " against " + filled(text_of(&e.value), names));
  }
  for (const auto& [name, path] : step.kept) names[name] = text_of(at(*body, path));
  return out;
}

// "ADDED a", "BOOKMARK end" (the one after the initial events), "BOOKMARK", "ERROR 410".
std::string short_line(const std::string& line) {
  const auto event = json::parse(line);
  if (!event) return "? " + line.substr(0, 200);
  const std::string type = event->text_at({"type"});
  if (type == "ERROR") return type + " " + text_of(at(*event, "object/code"));
  if (type != "BOOKMARK") return type + " " + event->text_at({"object", "metadata", "name"});
  const Value* annotations = event->at({"object", "metadata", "annotations"});
  return annotations != nullptr && annotations->text_at({"k8s.io/initial-events-end"}) == "true" ? "BOOKMARK end" : "BOOKMARK";
}

std::vector<std::string> perform(const Step& step, Server& server, Names& names) {
  kube::Request request = step.request;
  request.path = filled(request.path, names);
  request.body = filled(request.body, names);
  if (!step.lines) return judge(step, server.send(request), names);
  std::vector<std::string> seen;
  for (const auto& line : server.watch(request, step.lines->size())) seen.push_back(short_line(line));
  if (seen == *step.lines) return {};
  return {"WATCH " + request.path + ": " + core::join(seen, ", ") + " instead of " + core::join(*step.lines, ", ")};
}

Step with_body(std::string method, std::string path, Value body, std::string content_type, std::string_view manager) {
  if (!manager.empty()) path += (path.find('?') == std::string::npos ? "?fieldManager=" : "&fieldManager=") + std::string(manager);
  return {
      .request = {.method = std::move(method), .path = std::move(path), .body = json::dump(body), .content_type = std::move(content_type)}};
}

}  // namespace

Step Step::gives(int code) && {
  status = code;
  return std::move(*this);
}
Step Step::has(std::string path, Value value) && {
  expectations.push_back({Expectation::Test::Equals, std::move(path), std::move(value)});
  return std::move(*this);
}
Step Step::contains(std::string path, std::string part) && {
  expectations.push_back({Expectation::Test::Contains, std::move(path), std::move(part)});
  return std::move(*this);
}
Step Step::lacks(std::string path) && {
  expectations.push_back({Expectation::Test::Absent, std::move(path), {}});
  return std::move(*this);
}
Step Step::shows(std::string path) && {
  expectations.push_back({Expectation::Test::Present, std::move(path), {}});
  return std::move(*this);
}
Step Step::same(std::string path, std::string name) && {
  expectations.push_back({Expectation::Test::Same, std::move(path), "{" + name + "}"});
  return std::move(*this);
}
Step Step::differs(std::string path, std::string name) && {
  expectations.push_back({Expectation::Test::Differs, std::move(path), "{" + name + "}"});
  return std::move(*this);
}
Step Step::keeps(std::string name, std::string path) && {
  kept[std::move(name)] = std::move(path);
  return std::move(*this);
}
Step Step::eventually() && {
  poll = true;
  return std::move(*this);
}

Step get(std::string path) { return {.request = {.path = std::move(path)}}; }
Step post(std::string path, Value body, std::string manager) {
  return with_body("POST", std::move(path), std::move(body), "application/json", manager).gives(201);
}
Step put(std::string path, Value body, std::string manager) {
  return with_body("PUT", std::move(path), std::move(body), "application/json", manager);
}
Step merge(std::string path, Value body, std::string manager) {
  return with_body("PATCH", std::move(path), std::move(body), "application/merge-patch+json", manager);
}
Step apply_to(std::string path, Value body, std::string manager, bool force) {
  if (force) path += path.find('?') == std::string::npos ? "?force=true" : "&force=true";
  return with_body("PATCH", std::move(path), std::move(body), "application/apply-patch+yaml", manager);
}
Step remove(std::string path, Value options) {
  Step step{.request = {.method = "DELETE", .path = std::move(path)}};
  if (options.is_null()) return step;
  (*options.object())["kind"] = "DeleteOptions";
  (*options.object())["apiVersion"] = "v1";
  step.request.body = json::dump(options);
  step.request.content_type = "application/json";
  return step;
}
Step watch(std::string path, std::vector<std::string> lines) {
  path += path.find('?') == std::string::npos ? "?watch=true" : "&watch=true";
  return {.request = {.path = std::move(path)}, .lines = std::move(lines)};
}

std::vector<std::string> run(const Row& row, Server& server, const std::string& ns) {
  Names names{{"ns", ns}};
  for (const auto& step : row.steps) {
    auto wrong = perform(step, server, names);
    for (int i = 0; step.poll && !wrong.empty() && i < 100; ++i) {
      server.settle();
      wrong = perform(step, server, names);
    }
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace millrace::conformance
