// Throw-away certificates for loopback tests, made with OpenSSL in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace millrace::support {

struct PemPair {
  std::string certificate{}, key{};
};

struct Leaf {
  std::vector<std::string> names{"IP:127.0.0.1"};  // "DNS:name", "IP:address"
  int days = 1;                                    // < 0: expired
};

class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  std::string pem() const;
  PemPair issue(const Leaf& leaf = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::support
