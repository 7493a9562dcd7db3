// ThreadedDriver: performs what an Engine wants. Calls and streams go out by couriers and come back on their threads, each as one step; the
// timer is a thread of its own. It decides nothing.
// Thread contract: run() blocks its caller and is called once; synced(), leader(), schema_trouble(), sample(), overdue(), tell(), find()
// from any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/driver/guarded.h"
#include "engine/engine.h"
#include "engine/observer.h"
#include "kube/client/courier.h"

namespace millrace::engine {

// How queries reach the metrics sources. Thread contract: ask() does not block and may be called from any thread; `done` is called once,
// on another thread, also when the source does not answer within the request's deadline. After stop() nothing is called any more.
class MetricsTransport {
 public:
  using Done = std::function<void(core::Result<kube::Response>)>;
  virtual ~MetricsTransport() = default;
  virtual void ask(const Call& call, Done done) = 0;
  virtual void stop() = 0;
};

struct Couriers {  // calls and watches may go by one; the lease's should be its own, so that a long list never delays a renewal
  kube::Courier& calls;
  kube::Courier& watches;
  kube::Courier& lease;
  MetricsTransport* metrics = nullptr;  // where no plan asks a metrics source
};

class ThreadedDriver {
 public:
  enum class Ended {
    Stopped,   // as asked; the lease is released
    LeaseLost  // another may lead by now: leave the process at once, without cleaning up
  };

  ThreadedDriver(Controllers controllers, Options options, Couriers couriers, Observer& observer);
  static std::size_t calls_at_once(const Options& options);  // that are no query of a metrics source
  ~ThreadedDriver();
  ThreadedDriver(const ThreadedDriver&) = delete;
  ThreadedDriver& operator=(const ThreadedDriver&) = delete;

  Ended run(std::stop_token stop);
  bool synced() const;
  bool leader() const;
  std::vector<std::string> schema_trouble() const;  // why a kind's controller does not run
  Sample sample() const;
  // What was told of an object; from any thread, it does not wait for a pass.
  void tell(const Told& what) { feed(what); }
  // An object as the caches hold it; nullptr: it is not there. CHECKs that its kind is watched.
  template <class K>
  std::shared_ptr<const K> find(const kube::ObjectKey& key) const {
    return std::static_pointer_cast<const K>(cached(K::kResource, key));
  }
  // How long a step has been under way or due; grows only when a thread hangs.
  core::Duration overdue() const;

 private:
  class Stepping;
  // Feeds one input; true when `kind`'s stream is to end.
  bool feed(const Input& input, std::size_t kind = static_cast<std::size_t>(-1));
  void dispatch(const Wants& wants);
  void send(const Call& call);
  void begin(const Stream& stream);
  void time(std::stop_token stop);
  void compare_clocks();
  void end(Ended how);
  std::shared_ptr<const void> cached(const kube::Resource& kind, const kube::ObjectKey& key) const;

  const Controllers controllers_;
  const Options options_;
  const Couriers couriers_;
  Observer& observer_;
  Guarded<Engine> engine_;
  std::mutex flights_mutex_{};
  std::map<CallId, std::stop_source> flights_{};
  std::map<std::size_t, std::stop_source> streams_{};  // the last of each kind; under flights_mutex_
  mutable std::mutex timer_mutex_{};
  std::condition_variable_any timer_changed_{};
  std::optional<core::Ticks> wake_{};
  core::Duration told_behind_{};           // the timer's own
  std::multiset<core::Ticks> stepping_{};  // since when, of each step that is not over; under timer_mutex_
  std::mutex end_mutex_{};
  std::condition_variable_any ended_changed_{};
  std::optional<Ended> ended_{};
  std::jthread timer_{};  // last: it uses everything above
};

}  // namespace millrace::engine
