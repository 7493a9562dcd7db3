// MILLRACE_FUZZ names the target; MILLRACE_FUZZ_SEEDS a folder that its seeds are written to first.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "targets.h"

namespace {

const millrace::fuzz::Target* target = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* name = std::getenv("MILLRACE_FUZZ");
  for (const auto& one : millrace::fuzz::targets()) {
    if (name == nullptr) std::puts(one.name);
    if (name != nullptr && std::string(name) == one.name) target = &one;
  }
  if (target == nullptr) std::exit(name == nullptr ? 0 : 1);
  if (const char* folder = std::getenv("MILLRACE_FUZZ_SEEDS")) {
    for (std::size_t i = 0; i < target->seeds.size(); ++i) {
      std::ofstream(std::string(folder) + "/seed-" + std::to_string(i), std::ios::binary) << target->seeds[i];
    }
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
