#include "kube/client/threads_courier.h"

#include <utility>

#include "kube/client/errors.h"

namespace millrace::kube {
namespace {

// Requested when either of two is.
class Either {
 public:
  Either(const std::stop_token& one, const std::stop_token& other)
      : on_one_(one, [this] { source_.request_stop(); }), on_other_(other, [this] { source_.request_stop(); }) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_{};
  std::stop_callback<std::function<void()>> on_one_, on_other_;
};

}  // namespace

ThreadsCourier::ThreadsCourier(std::shared_ptr<Transport> transport, std::size_t calls) : transport_(std::move(transport)) {
  for (std::size_t i = 0; i < calls; ++i) {
    workers_.emplace_back([this](std::stop_token ends) { work(ends); });
  }
}

ThreadsCourier::~ThreadsCourier() { stop(); }

void ThreadsCourier::send(Compose compose, std::stop_token stop, Answered answered) {
  const std::lock_guard lock(mutex_);
  calls_.push_back({std::move(compose), std::move(stop), std::move(answered)});
  changed_.notify_one();
}

void ThreadsCourier::work(std::stop_token ends) {
  while (!ends.stop_requested()) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, ends, [&] { return !calls_.empty(); })) return;
    const Call call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    const Either either(call.stop, ends);
    core::Result<Response> response = stopped();
    if (!call.stop.stop_requested()) {
      if (const auto request = call.compose()) response = transport_->send(*request, either.token());
    }
    if (!ends.stop_requested()) call.answered(std::move(response));
  }
}

void ThreadsCourier::stream(Request request, core::Duration idle, std::stop_token stop, LineSink sink, Ended ended) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  streams_.remove_if([](const Stream& one) { return one.over; });
  Stream& mine = streams_.emplace_back();
  mine.thread = std::jthread([this, &mine, request = std::move(request), idle, stop = std::move(stop), sink = std::move(sink),
                              ended = std::move(ended)](const std::stop_token& ends) {
    const Either either(stop, ends);
    const auto how = transport_->stream(request, idle, either.token(), sink);
    if (!ends.stop_requested()) ended(how);
    const std::lock_guard mine_ends(mutex_);
    mine.over = true;
  });
}

void ThreadsCourier::stop() {
  std::list<Stream> streams;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    streams.swap(streams_);
  }
  for (std::jthread& worker : workers_) worker.request_stop();
  for (Stream& stream : streams) stream.thread.request_stop();
  for (std::jthread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
  streams.clear();
}

}  // namespace millrace::kube
