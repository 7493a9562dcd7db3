#include "kube/client/release.h"

#include <algorithm>
#include <optional>

namespace millrace::kube {
namespace {

constexpr int kTries = 5;

// The object without the named finalizers, as a merge patch that is about what was seen; nullopt: it holds none of them.
std::optional<json::Value> patch_of(const json::Value& object, const std::vector<std::string>& finalizers) {
  const json::Value* held = object.at({"metadata", "finalizers"});
  if (held == nullptr || held->array() == nullptr) return std::nullopt;
  json::Array left;
  for (const json::Value& name : *held->array()) {
    const bool ours = name.text() && std::find(finalizers.begin(), finalizers.end(), *name.text()) != finalizers.end();
    if (!ours) left.push_back(name);
  }
  if (left.size() == held->array()->size()) return std::nullopt;
  return json::Object{{"metadata", json::Object{{"uid", object.text_at({"metadata", "uid"})},
                                                {"resourceVersion", object.text_at({"metadata", "resourceVersion"})},
                                                {"finalizers", std::move(left)}}}};
}

// "": it holds none of them any more; else why it does.
std::string release(Transport& transport, const Resource& kind, json::Value object, const std::vector<std::string>& finalizers,
                    const std::stop_token& stop) {
  const ObjectKey key{object.text_at({"metadata", "namespace"}), object.text_at({"metadata", "name"})};
  std::string why;
  for (int i = 0; i < kTries; ++i) {
    const auto patch = patch_of(object, finalizers);
    if (!patch) return {};
    const auto answer = transport.send(verbs::merge_patch(kind, key, *patch), stop);
    if (answer && (verbs::succeeded(*answer) || answer->status == 404)) return {};
    why = answer ? verbs::error_of(*answer).message : answer.error().message;
    const auto live = transport.send(verbs::get(kind, key), stop);  // it may have been written since
    if (live && live->status == 404) return {};
    auto read = live && verbs::succeeded(*live) ? json::parse(live->body) : core::Result<json::Value>(object);
    if (read) object = std::move(*read);
  }
  return why;
}

}  // namespace

core::Result<Released> release_all(Transport& transport, const Resource& kind, const std::string& ns,
                                   const std::vector<std::string>& finalizers, std::stop_token stop) {
  Released out;
  std::string token;
  do {
    const auto page = transport.send(verbs::list(kind, {.ns = ns}, 500, token), stop);
    if (!page) return page.error();
    if (page->status == 404) return out;  // the kind is not there, so nothing of it is
    if (!verbs::succeeded(*page)) return verbs::error_of(*page);
    MILLRACE_TRY(list, json::parse(page->body));
    const json::Value* items = list.at({"items"});
    for (const json::Value& item : items && items->array() ? *items->array() : json::Array{}) {
      if (!patch_of(item, finalizers)) continue;
      ++out.objects;
      const std::string why = release(transport, kind, item, finalizers, stop);
      if (!why.empty())
        out.refused.push_back(item.text_at({"metadata", "namespace"}) + "/" + item.text_at({"metadata", "name"}) + ": " + why);
    }
    token = list.text_at({"metadata", "continue"});
  } while (!token.empty());
  return out;
}

}  // namespace millrace::kube
