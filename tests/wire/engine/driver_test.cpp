// The driver with threads, over the simulated API server: queries reach their source and come back, and never hold it up.
#include "engine/driver/threaded.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "kube/client/threads_courier.h"
#include "kube/client/verbs.h"
#include "support/api_server/api_server.h"
#include "support/toy/asker.h"
#include "support/toy/widget.h"

namespace millrace::engine {
namespace {

using namespace std::chrono_literals;

core::Instant now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

// The simulated server behind the interface that the real one has.
class Door final : public kube::Transport {
 public:
  core::Result<kube::Response> send(const kube::Request& request, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    auto out = server_.handle(request, now());
    changed_.notify_all();
    return out;
  }
  core::Result<void> stream(const kube::Request& request, core::Duration, std::stop_token stop, const kube::LineSink& sink) override {
    std::unique_lock lock(mutex_);
    auto opened = server_.open_watch(request);
    if (const auto* refused = std::get_if<kube::Response>(&opened)) return kube::verbs::error_of(*refused);
    const auto id = std::get<sim::ApiServer::WatchId>(opened);
    while (changed_.wait(lock, stop, [&] { return server_.has_line(id); })) {
      const std::string line = *server_.next_line(id);
      lock.unlock();
      if (!sink(line)) return {};
      lock.lock();
    }
    return core::Error{core::ErrorCode::Cancelled, "stopped"};
  }
  void create(const std::string& name) {
    (void)send({.method = "POST",
                .path = "/apis/toy.millrace.dev/v1/namespaces/default/widgets",
                .body = R"({"apiVersion":"toy.millrace.dev/v1","kind":"Widget","metadata":{"name":")" + name + "\"}}",
                .content_type = "application/json"},
               {});
  }
  // Blocks until the widget's status has this message; false: it does not within half a minute.
  bool shows(const std::string& message, const std::string& name = "w") {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] {
      const json::Value* widget = server_.find(toy::Widget::kResource, "default", name);
      return widget != nullptr && widget->text_at({"status", "message"}) == message;
    });
  }

 private:
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  sim::ApiServer server_{};
};

// Answers each query on a thread of its own, or never.
class Source final : public MetricsTransport {
 public:
  explicit Source(bool answers) : answers_(answers) {}
  void ask(const Call& call, Done done) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    changed_.notify_all();
    if (!answers_ || call.source != "p" || call.ns != "default") return;
    threads_.emplace_back([done = std::move(done)] {
      done(kube::Response{.status = 200, .body = R"({"status":"success","data":{"resultType":"scalar","result":[1,"0.25"]}})"});
    });
  }
  void stop() override {
    std::vector<std::jthread> ended;
    const std::lock_guard lock(mutex_);
    answers_ = false;
    ended.swap(threads_);
  }
  bool was_asked() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return asked_ > 0; });
  }

 private:
  bool answers_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  int asked_ = 0;
  std::vector<std::jthread> threads_{};
};

class Deaf final : public Observer {
 public:
  void note(const Report&) override {}
};

class Driver : public testing::Test {
 protected:
  Driver() { door_.create("w"); }
  // Runs it until `enough` returns.
  template <class F>
  ThreadedDriver::Ended run(Source& source, F enough) {
    ThreadedDriver driver({&controller_}, {}, {courier_, courier_, courier_, &source}, observer_);
    std::stop_source stop;
    std::jthread watcher([&] {
      enough();
      stop.request_stop();
    });
    return driver.run(stop.get_token());
  }

  toy::AskController controller_{};
  Deaf observer_{};
  Door door_{};
  kube::ThreadsCourier courier_{std::shared_ptr<kube::Transport>(std::shared_ptr<void>(), &door_), 8};
};

TEST_F(Driver, AQueryIsAnsweredFromAnotherThread) {
  Source source(true);
  EXPECT_EQ(run(source, [&] { EXPECT_TRUE(door_.shows("0.250000")); }), ThreadedDriver::Ended::Stopped);
}

// A plan that hangs holds the engine: no write goes out, and the liveness probe must see it.
class Stuck final : public Controller {
 public:
  const kube::Resource& resource() const override { return toy::Widget::kResource; }
  std::vector<Kind> watches() const override { return {kind_of<toy::Widget>()}; }
  std::optional<Outcome> reconcile(const World&, const kube::ObjectKey&) const override {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return free; });
    return std::nullopt;
  }
  json::Object rejected(const Unreadable&, core::Instant) const override { return {}; }
  mutable std::mutex mutex{};
  mutable std::condition_variable changed{};
  bool free = false;
};

TEST_F(Driver, AStepThatHangsIsSeenFromOutside) {
  Stuck controller;
  ThreadedDriver driver({&controller}, {}, {courier_, courier_, courier_}, observer_);
  EXPECT_EQ(driver.overdue(), core::Duration{0});
  std::stop_source stop;
  std::jthread watcher([&] {
    const auto begin = std::chrono::steady_clock::now();
    while (driver.overdue() < 50ms && std::chrono::steady_clock::now() - begin < 30s) std::this_thread::yield();
    EXPECT_GE(driver.overdue(), 50ms);
    const std::lock_guard lock(controller.mutex);
    controller.free = true;
    controller.changed.notify_all();
    stop.request_stop();
  });
  EXPECT_EQ(driver.run(stop.get_token()), ThreadedDriver::Ended::Stopped);
  EXPECT_LT(driver.overdue(), 10s);
}

// As the probes, the page of metrics and the pods' reports do, while watches, answers and sources feed it. What it says is right in other
// tests; here the thread sanitizer looks on.
TEST_F(Driver, IsAskedAndToldFromOtherThreads) {
  const kube::ObjectKey key{"default", "w"};
  Source source(true);
  ThreadedDriver driver({&controller_}, {}, {courier_, courier_, courier_, &source}, observer_);
  std::stop_source stop;
  std::jthread asker([&] {
    while (!stop.stop_requested()) {
      (void)(driver.synced() && driver.leader());
      EXPECT_TRUE(driver.schema_trouble().empty());
      EXPECT_EQ(driver.sample().kinds.size(), 2U);
      EXPECT_GE(driver.overdue(), 0ms);
    }
  });
  std::jthread teller([&] {
    while (!stop.stop_requested()) {
      if (const auto widget = driver.find<toy::Widget>(key)) driver.tell({&toy::Widget::kResource, key, widget->meta.uid, json::Value(1)});
      std::this_thread::yield();
    }
  });
  std::jthread watcher([&] {
    for (int i = 0; i < 8; ++i) door_.create("w" + std::to_string(i));
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(door_.shows("0.250000", "w" + std::to_string(i)));
    EXPECT_NE(driver.find<toy::Widget>(key), nullptr);
    stop.request_stop();
  });
  EXPECT_EQ(driver.run(stop.get_token()), ThreadedDriver::Ended::Stopped);
}

TEST_F(Driver, StopsWhileAQueryIsInFlight) {
  Source source(false);
  EXPECT_EQ(run(source, [&] { EXPECT_TRUE(source.was_asked()); }), ThreadedDriver::Ended::Stopped);
}

}  // namespace
}  // namespace millrace::engine
