#include <algorithm>

#include "inference_service/runtimes/mlserver/mlserver.h"
#include "inference_service/runtimes/runtime.h"

namespace millrace::inference_service {
namespace {

constexpr RuntimeChoice choice_of(std::string_view name) {
  for (const json::EnumName& known : kRuntimes) {
    if (known.name == name) return static_cast<RuntimeChoice>(known.value);
  }
  return RuntimeChoice::Auto;
}

bool is_asked(RuntimeChoice choice, const Runtime& runtime) { return choice == RuntimeChoice::Auto || choice == choice_of(runtime.name); }

}  // namespace

std::span<const Runtime> runtimes() {
  static constexpr Runtime kAll[] = {kMlServer};
  return kAll;
}

const Runtime* runtime_for(RuntimeChoice choice, std::string_view format) {
  for (const Runtime& runtime : runtimes()) {
    if (is_asked(choice, runtime) && std::find(runtime.formats.begin(), runtime.formats.end(), format) != runtime.formats.end())
      return &runtime;
  }
  return nullptr;
}

std::string formats_of(RuntimeChoice choice) {
  std::string out;
  for (const Runtime& runtime : runtimes()) {
    if (!is_asked(choice, runtime)) continue;
    for (const std::string_view format : runtime.formats) out += (out.empty() ? "" : ", ") + std::string(format);
  }
  return out;
}

}  // namespace millrace::inference_service
