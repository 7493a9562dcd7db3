// ThreadsCourier: a Courier over a Transport that blocks: so many threads for calls, and one for each stream.
// Thread contract: as Courier.
#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kube/client/courier.h"

namespace millrace::kube {

class ThreadsCourier final : public Courier {
 public:
  ThreadsCourier(std::shared_ptr<Transport> transport, std::size_t calls);  // at once
  ~ThreadsCourier() override;

  void send(Compose compose, std::stop_token stop, Answered answered) override;
  void stream(Request request, core::Duration idle, std::stop_token stop, LineSink sink, Ended ended) override;
  void stop() override;

 private:
  struct Call {
    Compose compose{};
    std::stop_token stop{};
    Answered answered{};
  };
  struct Stream {
    bool over = false;  // under mutex_
    std::jthread thread{};
  };
  void work(std::stop_token ends);

  const std::shared_ptr<Transport> transport_;
  std::mutex mutex_{};
  std::condition_variable_any changed_{};
  std::deque<Call> calls_{};
  std::list<Stream> streams_{};
  std::vector<std::jthread> workers_{};
  bool stopped_ = false;
};

}  // namespace millrace::kube
