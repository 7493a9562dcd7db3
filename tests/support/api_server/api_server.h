// ApiServer: a Kubernetes API server as a copyable value. Requests in, responses out, watches that are read line by line.
// It serves what the README lists and nothing else; each item has rows in tests/conformance, which run against a real server too.
// Thread contract: plain value, no threads, no clock: `now` is an argument. Forking a simulation copies it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.h"
#include "kube/client/transport.h"
#include "support/api_server/call.h"
#include "support/api_server/ownership.h"
#include "support/api_server/selectors.h"
#include "support/api_server/store.h"

namespace millrace::sim {

// A write that admission refuses (quota, PodSecurity, a webhook), scripted by a scenario. Empty members match everything.
struct RefusalRule {
  std::string verb{};  // create, update, patch, delete
  const kube::Resource* resource = nullptr;
  std::string name{};
  int code = 403;
  std::string reason = "Forbidden", message{};
};

class ApiServer {
 public:
  ApiServer();  // with the namespace "default"

  kube::Response handle(const kube::Request& request, core::Instant now, std::string_view user_agent = "millrace");

  // Watches. A refused one is a Response; a version that is too old is told by the first line, as the real server does.
  using WatchId = std::uint64_t;
  std::variant<WatchId, kube::Response> open_watch(const kube::Request& request);
  std::optional<std::string> next_line(WatchId id);  // nullopt: nothing more at present
  bool has_line(WatchId id);
  bool has_initial(WatchId id) const { return is_open(id) && !watches_.at(id).pending.empty(); }  // of what was there at its beginning
  bool is_open(WatchId id) const { return watches_.contains(id); }
  void close_watch(WatchId id) { watches_.erase(id); }
  void send_bookmarks();  // to every watch that allows them, after its pending events

  // An add-on's API group, with all that is of it, appears or goes: its CRDs were applied or deleted. Its watches end.
  void install(std::string_view group) { absent_.erase(std::string(group)); }
  void uninstall(std::string_view group);
  bool serves(const kube::Resource& kind) const { return !absent_.contains(std::string(kind.group)); }

  void compact() { store_.compact(store_.version()); }
  std::vector<RefusalRule> refusals{};

  // For actors and oracles: the other side of the door.
  const Store& store() const { return store_; }
  const json::Value* find(const kube::Resource& kind, std::string_view ns, std::string_view name) const;
  std::vector<const json::Value*> list(const kube::Resource& kind, std::string_view ns = {}) const;
  // A whole object as a controller of the cluster writes it: created, or its status replaced; no admission. The answer's status code.
  int create_as(std::string_view manager, const json::Value& object, core::Instant now);
  int put_status_as(std::string_view manager, const kube::Resource& kind, std::string_view ns, std::string_view name, json::Value status,
                    core::Instant now);
  int put_as(std::string_view manager, const json::Value& object, core::Instant now);  // replaces all but status
  // The same object with another spec, or status, that no schema has judged: what another version of the CRD let in.
  void let_in(const kube::Resource& kind, std::string_view ns, std::string_view name, json::Value what, std::string_view member = "spec");
  void remove(const kube::Resource& kind, std::string_view ns, std::string_view name);  // at once, as a kubelet ends a pod

  // The garbage collector: deletes what all owners have left. True when it did something.
  bool collect_garbage(core::Instant now);

 private:
  struct Watch {
    const KindRules* kind = nullptr;
    std::string ns{};
    Selector labels{}, fields{};
    bool bookmarks = false;
    std::vector<std::string> pending{};  // initial events, bookmarks, errors: before the log goes on
    std::size_t sent = 0;                // of pending
    std::uint64_t version = 0;           // events up to here are told
    bool broken = false;                 // ends after its pending lines
  };
  struct Write {  // one object on its way into the store
    const KindRules& kind;
    kube::ObjectKey key;
    StoredPtr live;
    Writer who;
  };

  kube::Response write(const Call& call, const Writer& who);
  std::optional<kube::Response> refused(const Call& call, std::string_view name) const;
  kube::Response get(const Call& call) const;
  kube::Response list(const Call& call) const;
  kube::Response create(const Call& call, const Writer& who);
  kube::Response create_object(const KindRules& kind, const std::string& ns, json::Value object, Managed managed, const Writer& who,
                               const Call* call);
  kube::Response update(const Call& call, const Writer& who);
  kube::Response update_object(const Write& write, json::Value next, const Managed* owned);
  kube::Response patch(const Call& call, Writer who);
  kube::Response apply_patch(const Call& call, Writer who, const json::Value& config);
  kube::Response scale(const Call& call, const Writer& who);
  kube::Response remove(const Call& call, const Writer& who);
  kube::Response finish_removal(const KindRules& kind, const StoredPtr& live, const json::Value& options, const Writer& who);
  kube::Response commit(const Write& write, json::Value next, Managed managed);
  void orphan_dependents(const std::string& uid);
  void drop_owners(const KindRules& kind, const StoredPtr& stored, const std::function<bool(const json::Value&)>& which);
  bool go_on_foreground(const KindRules& kind, const StoredPtr& owner, core::Instant now);
  std::string new_uid(const KindRules& kind, const kube::ObjectKey& key);

  static const char* seen_as(const Watch& watch, const LogEvent& event);
  const LogEvent* next_event(Watch& watch) const;
  void send_initial(Watch& watch, const Call& call);

  Store store_{};
  std::map<WatchId, Watch> watches_{};
  WatchId last_watch_ = 0;
  std::set<std::string> absent_{};                    // groups of add-ons
  std::map<std::string, int, std::less<>> births_{};  // per object path: uids are the same in every run of a story
};

}  // namespace millrace::sim
