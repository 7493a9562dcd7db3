// Connection: how a call's bytes reach the API server by cpprestsdk, and its answer comes back.
// Thread contract: open() from any thread; an Exchange belongs to the thread that opened it.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "core/result.h"
#include "kube/client/identity.h"
#include "kube/client/transport.h"

namespace millrace::kube {

class Exchange {  // an answer whose head is known and whose body is being read
 public:
  virtual ~Exchange() = default;

  virtual int status() const = 0;
  virtual std::string header(const std::string& name) const = 0;  // "" when absent
  // From now on the deadline is `idle` without a byte.
  virtual void expect_within(core::Duration idle) = 0;
  // Blocks until something is there, and adds all that has arrived to `into`: so many bytes, 0 at the clean end.
  virtual core::Result<std::size_t> read(std::string& into) = 0;
  virtual void abandon() = 0;  // the connection is closed, not reused
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Sends and blocks until the head of the answer is there. Deadline and stop token hold for the whole exchange.
  virtual core::Result<std::unique_ptr<Exchange>> open(const Request& request, const std::string& bearer, std::stop_token stop) = 0;
};

// The first one made sets SSL_CERT_FILE=/dev/null and the size of cpprestsdk's pool for the process: make it before threads. A POST may
// reach the server twice: cpprestsdk repeats it on a kept connection that breaks.
std::unique_ptr<Connection> cpprest_connection(const Identity& identity);

}  // namespace millrace::kube
