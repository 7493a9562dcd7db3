#include "engine/driver/threaded.h"

#include <algorithm>

#include "core/check.h"
#include "engine/driver/clock.h"

namespace millrace::engine {
namespace {

constexpr core::Duration kClockIsRight{1'000};

}  // namespace

ThreadedDriver::ThreadedDriver(Controllers controllers, Options options, Couriers couriers, Observer& observer)
    : controllers_(std::move(controllers)),
      options_(std::move(options)),
      couriers_(couriers),
      observer_(observer),
      engine_(Engine(controllers_, options_)) {}

ThreadedDriver::~ThreadedDriver() {
  if (couriers_.metrics != nullptr) couriers_.metrics->stop();
  for (kube::Courier* courier : {&couriers_.calls, &couriers_.watches, &couriers_.lease}) courier->stop();
}

// Passes have one call each, and schemas are read one after another.
std::size_t ThreadedDriver::calls_at_once(const Options& options) { return options.passes + Facts::kInFlight + EventSeries::kInFlight + 1; }

ThreadedDriver::Ended ThreadedDriver::run(std::stop_token stop) {
  timer_ = std::jthread([this](std::stop_token s) { time(s); });

  const Wants wants = engine_.write([&](Engine& e) {
    Wants out = e.start(read_clocks());
    dispatch(out);
    return out;
  });
  for (const Report& report : wants.reports) observer_.note(report);

  std::unique_lock lock(end_mutex_);
  ended_changed_.wait(lock, stop, [&] { return ended_.has_value(); });
  if (!ended_) {
    lock.unlock();
    feed(Stop{});
    lock.lock();
    ended_changed_.wait(lock, [&] { return ended_.has_value(); });
  }
  return *ended_;
}

// A step under way, or waiting for its turn: seen from outside when it hangs.
class ThreadedDriver::Stepping {
 public:
  explicit Stepping(ThreadedDriver& of) : of_(of) {
    const std::lock_guard lock(of_.timer_mutex_);
    since_ = of_.stepping_.insert(read_clocks().mono);
  }
  ~Stepping() {
    const std::lock_guard lock(of_.timer_mutex_);
    of_.stepping_.erase(since_);
  }
  Stepping(const Stepping&) = delete;
  Stepping& operator=(const Stepping&) = delete;

 private:
  ThreadedDriver& of_;
  std::multiset<core::Ticks>::iterator since_{};
};

bool ThreadedDriver::feed(const Input& input, std::size_t kind) {
  // Dispatched under the lock, so that what a later step wants is never overtaken by an earlier one. It only fills queues.
  const Wants wants = [&] {
    const Stepping stepping(*this);
    return engine_.write([&](Engine& e) {
      Wants out = e.step(input, read_clocks(), controllers_);
      dispatch(out);
      return out;
    });
  }();
  for (const Report& report : wants.reports) observer_.note(report);
  if (wants.lost) end(Ended::LeaseLost);
  if (wants.stopped) end(Ended::Stopped);
  return std::find(wants.close.begin(), wants.close.end(), kind) != wants.close.end();
}

void ThreadedDriver::end(Ended how) {
  const std::lock_guard lock(end_mutex_);
  if (!ended_) ended_ = how;
  ended_changed_.notify_all();
}

void ThreadedDriver::dispatch(const Wants& wants) {
  for (const Call& call : wants.calls) send(call);
  for (const CallId id : wants.cancel) {
    const std::lock_guard lock(flights_mutex_);
    if (const auto it = flights_.find(id); it != flights_.end()) it->second.request_stop();
  }
  for (const std::size_t kind : wants.close) {
    const std::lock_guard lock(flights_mutex_);
    streams_[kind].request_stop();
  }
  for (const Stream& stream : wants.streams) begin(stream);
  const std::lock_guard lock(timer_mutex_);
  const bool sooner = wants.wake && (!wake_ || *wants.wake < *wake_);  // else the timer may sleep on: it looks again when it wakes
  wake_ = wants.wake;
  if (sooner) timer_changed_.notify_one();
}

void ThreadedDriver::send(const Call& call) {
  if (call.on == Connection::Metrics) {  // its deadline ends it: it does no harm when the fence closes
    MILLRACE_CHECK(couriers_.metrics != nullptr);
    return couriers_.metrics->ask(call, [this, id = call.id](core::Result<kube::Response> response) {
      feed(CallFinished{id, std::move(response)});
    });
  }
  std::stop_token token;
  {
    const std::lock_guard lock(flights_mutex_);
    token = flights_.emplace(call.id, std::stop_source()).first->second.get_token();
  }
  kube::Courier& courier = call.on == Connection::Lease ? couriers_.lease : couriers_.calls;
  courier.send([call] { return in_time(call, read_clocks().mono); }, token,
               [this, id = call.id](core::Result<kube::Response> response) {
                 {
                   const std::lock_guard lock(flights_mutex_);
                   flights_.erase(id);
                 }
                 feed(CallFinished{id, std::move(response)});
               });
}

void ThreadedDriver::begin(const Stream& stream) {
  const std::size_t kind = stream.kind;
  std::stop_token token;
  {
    const std::lock_guard lock(flights_mutex_);
    token = (streams_[kind] = std::stop_source()).get_token();
  }
  if (!stream.watch) {
    return couriers_.watches.send([request = stream.request] { return request; }, token,
                                  [this, kind](core::Result<kube::Response> response) {
                                    feed(ListAnswered{kind, std::move(response)});
                                  });
  }
  const auto sink = [this, kind, token](std::string_view line) { return !feed(WatchLine{kind, line}, kind) && !token.stop_requested(); };
  couriers_.watches.stream(stream.request, stream.idle, token, sink, [this, kind](core::Result<void> how) {
    feed(StreamEnded{kind, std::move(how)});
  });
}

void ThreadedDriver::time(std::stop_token stop) {
  std::unique_lock lock(timer_mutex_);
  while (!stop.stop_requested()) {
    const core::Ticks now = read_clocks().mono;
    if (wake_ && *wake_ <= now) {
      wake_.reset();
      lock.unlock();
      compare_clocks();
      feed(Tick{});
      lock.lock();
    } else if (wake_) {
      const core::Ticks until = *wake_;
      timer_changed_.wait_for(lock, stop, until - now, [&] { return wake_ && *wake_ < until; });
    } else {
      timer_changed_.wait(lock, stop, [&] { return wake_.has_value(); });
    }
  }
}

// A clock that was set is told once; again when it was set further off.
void ThreadedDriver::compare_clocks() {
  const core::Duration behind = clock_behind();
  if (std::chrono::abs(behind) < kClockIsRight) told_behind_ = core::Duration{0};
  if (std::chrono::abs(behind) < told_behind_ + kClockIsRight) return;
  told_behind_ = std::chrono::abs(behind);
  observer_.note(ClockWasSet{behind});
}

bool ThreadedDriver::synced() const {
  return engine_.read([](const Engine& e) { return e.synced(); });
}

bool ThreadedDriver::leader() const {
  return engine_.read([](const Engine& e) { return e.leader(); });
}

std::vector<std::string> ThreadedDriver::schema_trouble() const {
  return engine_.read([](const Engine& e) { return e.schema_trouble(); });
}

Sample ThreadedDriver::sample() const {
  Sample out = engine_.read([](const Engine& e) { return e.sample(read_clocks().mono); });
  out.clock_behind = clock_behind();
  return out;
}

std::shared_ptr<const void> ThreadedDriver::cached(const kube::Resource& kind, const kube::ObjectKey& key) const {
  return engine_.read([&](const Engine& e) -> std::shared_ptr<const void> {
    const Entry* entry = e.store().find(e.store().index_of(kind), key);
    return entry == nullptr ? nullptr : entry->object;
  });
}

core::Duration ThreadedDriver::overdue() const {
  const std::lock_guard lock(timer_mutex_);
  const core::Ticks now = read_clocks().mono;
  const core::Ticks since = std::min(wake_.value_or(now), stepping_.empty() ? now : *stepping_.begin());
  return std::max(now - since, core::Duration{0});
}

}  // namespace millrace::engine
