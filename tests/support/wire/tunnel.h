// A proxy on loopback that understands CONNECT alone: it opens the way to the target and passes bytes, or refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace::support {

class Tunnel {
 public:
  explicit Tunnel(int status = 200);
  ~Tunnel();
  std::uint16_t port() const;
  std::vector<std::string> asked() const;  // the first lines of what it was sent

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::support
