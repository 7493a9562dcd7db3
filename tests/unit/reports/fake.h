// An API server of a few lines, for calls that are made one by one.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "kube/client/transport.h"

namespace millrace::reports {

class Fake final : public kube::Transport {
 public:
  std::function<core::Result<kube::Response>(const kube::Request&)> answer{};
  std::vector<kube::Request> seen{};

  core::Result<kube::Response> send(const kube::Request& request, std::stop_token) override {
    seen.push_back(request);
    return answer(request);
  }
  core::Result<void> stream(const kube::Request&, core::Duration, std::stop_token, const kube::LineSink&) override {
    return core::Error{core::ErrorCode::Invalid, "nothing is watched here"};
  }
};

}  // namespace millrace::reports
