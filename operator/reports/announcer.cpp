#include "reports/announcer.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace millrace::reports {
namespace {

constexpr std::chrono::seconds kLook{1}, kTryAgain{5}, kSayAgain{30};

void run(const std::stop_token& stop, const std::function<bool()>& leads, const std::function<core::Result<void>()>& say) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    std::chrono::seconds pause = kLook;
    if (leads()) pause = say() ? kSayAgain : kTryAgain;
    never.wait_for(lock, stop, pause, [] { return false; });
  }
}

}  // namespace

Announcer::Announcer(std::function<bool()> leads, std::function<core::Result<void>()> say)
    : thread_([leads = std::move(leads), say = std::move(say)](const std::stop_token& stop) { run(stop, leads, say); }) {}

}  // namespace millrace::reports
