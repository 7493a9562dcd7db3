// RestConnection: one cpprestsdk client behind blocking calls. This header's .cpp is the only file that includes cpprestsdk.
// What it guards against: no total deadline of a call, system authorities trusted besides the cluster's, redirects that carry the token,
// exceptions nobody observes (they would end the process), a client that stays broken, watches whose bytes arrive late.
// Thread contract: open() from any thread; an Exchange belongs to the thread that opened it.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "core/result.h"
#include "kube/client/identity.h"
#include "kube/client/transport.h"

namespace millrace::kube {

class Exchange {  // an answer whose head is known and whose body is being read
 public:
  struct Impl;
  explicit Exchange(std::unique_ptr<Impl> impl);
  ~Exchange();
  Exchange(Exchange&&) noexcept;
  Exchange& operator=(Exchange&&) = delete;

  int status() const;
  std::string header(const std::string& name) const;  // "" when absent
  // From now on the deadline is `idle` without a byte.
  void expect_within(core::Duration idle);
  // Blocks for the first byte, then takes what has already arrived; 0 at the clean end.
  core::Result<std::size_t> read(std::span<char> into);
  void abandon();  // the connection is closed, not reused

 private:
  std::unique_ptr<Impl> impl_;
};

class RestConnection {
 public:
  explicit RestConnection(Identity identity);
  ~RestConnection();
  RestConnection(const RestConnection&) = delete;
  RestConnection& operator=(const RestConnection&) = delete;

  // Sends and blocks until the head of the answer is there. Deadline and stop token hold for the whole exchange.
  core::Result<Exchange> open(const Request& request, const std::string& bearer, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::kube
