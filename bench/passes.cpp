// A pass without a difference: a watch line comes in, its object is decoded, the pass observes, plans and finds nothing to write.
#include <benchmark/benchmark.h>

#include "worlds.h"

namespace millrace::bench {
namespace {

void quiet_pass(benchmark::State& state) {
  AtRest& world = small_world();
  int service = 0, made = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string line = world.touched(service++ % kServices);
    state.ResumeTiming();
    const int passes = world.passes(line);
    if (passes < 1) return state.SkipWithError("the line made no pass");
    made += passes;
  }
  state.counters["passes"] = static_cast<double>(made) / static_cast<double>(state.iterations());  // who reads the service looks again too
}
BENCHMARK(quiet_pass)->Name("quiet pass");

}  // namespace
}  // namespace millrace::bench
