// The server of the benchmarks of calls: a process of its own, so that its CPU is not counted.
#pragma once

#include <string>

namespace millrace::bench {

struct Served {
  std::string url{}, ca{};
};

// Before any thread, once; the server lives as long as this process.
void start_server();
const Served& served();

}  // namespace millrace::bench
