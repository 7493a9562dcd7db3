// A pass without a difference: a watch line comes in, its object is decoded, the pass observes, plans and finds nothing to write.
#include <benchmark/benchmark.h>

#include "worlds.h"

namespace millrace::bench {
namespace {

void quiet_pass(benchmark::State& state) {
  AtRest& world = small_world();
  int service = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string line = world.touched(service++ % kServices);
    state.ResumeTiming();
    if (world.passes(line) != 1) return state.SkipWithError("the line made no pass");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(quiet_pass)->Name("quiet pass");

}  // namespace
}  // namespace millrace::bench
