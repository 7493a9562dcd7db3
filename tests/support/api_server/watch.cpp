// Watches: lines of JSON, read one at a time.
#include <algorithm>

#include "support/api_server/api_server.h"
#include "support/api_server/list_options.h"

namespace millrace::sim {

using json::Object;
using json::Value;

std::variant<Selector, kube::Response> field_selector(const KindRules& kind, const std::string& text);

namespace {

std::string line(std::string_view type, std::string_view object) {
  std::string out = "{\"type\":\"";
  out += type;
  out += "\",\"object\":";
  out += object;
  out += '}';
  return out;
}

std::string bookmark(const KindRules& kind, std::uint64_t version, bool initial_end) {
  Object meta{{"resourceVersion", std::to_string(version)}};
  if (initial_end) meta["annotations"] = Object{{"k8s.io/initial-events-end", "true"}};
  return line(
      "BOOKMARK",
      json::dump(Object{{"kind", kind.resource->kind}, {"apiVersion", kube::api_version(*kind.resource)}, {"metadata", std::move(meta)}}));
}

}  // namespace

std::variant<ApiServer::WatchId, kube::Response> ApiServer::open_watch(const kube::Request& request) {
  auto parsed = parse_call(request);
  if (auto* no = std::get_if<kube::Response>(&parsed)) return std::move(*no);
  const Call& call = std::get<Call>(parsed);
  if (!serves(*call.kind->resource)) return page_not_found();
  if (call.method != "GET" || !call.watch()) return bad_request("not a watch");
  auto labels = Selector::of_labels(call.option("labelSelector"));
  if (!labels) return bad_request(labels.error().message);
  auto fields = field_selector(*call.kind, call.option("fieldSelector"));
  if (auto* no = std::get_if<kube::Response>(&fields)) return std::move(*no);
  if (auto no = broken_list_options(call, store_.version())) return std::move(*no);
  Watch watch{.kind = call.kind,
              .ns = call.ns,
              .labels = std::move(*labels),
              .fields = std::get<Selector>(std::move(fields)),
              .bookmarks = call.flag("allowWatchBookmarks")};
  if (!call.name.empty()) watch.fields = *Selector::of_fields("metadata.name=" + call.name);
  send_initial(watch, call);
  watches_[++last_watch_] = std::move(watch);
  return last_watch_;
}

void ApiServer::send_initial(Watch& watch, const Call& call) {
  const std::string from = call.option("resourceVersion");
  const bool whole = call.flag("sendInitialEvents");
  watch.version = store_.version();
  if (whole || from.empty() || from == "0") {
    for (const auto& [key, stored] : store_.objects(*watch.kind)) {
      if (!watch.ns.empty() && key.ns != watch.ns) continue;
      if (watch.labels.matches(stored->object) && watch.fields.matches(stored->object))
        watch.pending.push_back(line("ADDED", stored->bytes));
    }
    if (whole && watch.bookmarks) watch.pending.push_back(bookmark(*watch.kind, watch.version, true));
    return;
  }
  watch.version = std::stoull(from);
  if (watch.version >= store_.compacted()) return;
  const std::string why = "too old resource version: " + from + " (" + std::to_string(store_.compacted() + 1) + ")";
  watch.pending.push_back(line("ERROR", json::dump(status_body(410, "Expired", why))));
  watch.broken = true;
}

// How a change looks through the watch's selectors: an object that comes into view is added, one that leaves it is deleted.
const char* ApiServer::seen_as(const Watch& watch, const LogEvent& event) {
  const auto seen = [&](const StoredPtr& o) {
    return o != nullptr && (watch.ns.empty() || o->object.text_at({"metadata", "namespace"}) == watch.ns) &&
           watch.labels.matches(o->object) && watch.fields.matches(o->object);
  };
  const bool before = seen(event.before), after = event.type != LogEvent::Type::Deleted && seen(event.after);
  if (!before && !after) return nullptr;
  if (!before) return "ADDED";
  return after ? "MODIFIED" : "DELETED";
}

// The next event that the watch sees; those before it that it does not see are told.
const LogEvent* ApiServer::next_event(Watch& watch) const {
  const auto& log = store_.log(*watch.kind);
  const auto later = [](std::uint64_t version, const LogEvent& e) { return version < e.version; };
  for (auto at = std::upper_bound(log.begin(), log.end(), watch.version, later); at != log.end(); ++at) {
    if (seen_as(watch, *at) != nullptr) return &*at;
    watch.version = at->version;
  }
  return nullptr;
}

bool ApiServer::has_line(WatchId id) {
  const auto hit = watches_.find(id);
  if (hit == watches_.end()) return false;
  return hit->second.sent < hit->second.pending.size() || (!hit->second.broken && next_event(hit->second) != nullptr);
}

std::optional<std::string> ApiServer::next_line(WatchId id) {
  const auto hit = watches_.find(id);
  if (hit == watches_.end()) return std::nullopt;
  Watch& watch = hit->second;
  if (watch.sent < watch.pending.size()) {
    std::string out = std::move(watch.pending[watch.sent++]);
    if (watch.sent < watch.pending.size()) return out;
    watch.pending.clear();
    watch.sent = 0;
    if (watch.broken) watches_.erase(hit);
    return out;
  }
  const LogEvent* event = next_event(watch);
  if (event == nullptr) return std::nullopt;
  watch.version = event->version;
  return line(seen_as(watch, *event), event->after->bytes);
}

void ApiServer::send_bookmarks() {
  for (auto& [id, watch] : watches_) {
    if (!watch.bookmarks || watch.broken || next_event(watch) != nullptr || !watch.pending.empty()) continue;
    watch.version = store_.version();
    watch.pending.push_back(bookmark(*watch.kind, watch.version, false));
  }
}

}  // namespace millrace::sim
