// A pass without a difference: a watch line comes in, its object is decoded, the pass observes, plans and finds nothing to write.
#include <benchmark/benchmark.h>
#include <malloc.h>

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

// What the engine holds beside the objects, which its copies share: indexes, who reads what, what passes left behind.
void beside_objects(benchmark::State& state) {
  AtRest& world = small_world();
  for (auto _ : state) {
    const std::size_t before = mallinfo2().uordblks;
    const engine::Engine copy = world.engine();
    state.counters["bytes"] = static_cast<double>(mallinfo2().uordblks - before) / kServices;
    benchmark::DoNotOptimize(&copy);
  }
}
BENCHMARK(beside_objects)->Name("beside objects, for each service");

}  // namespace
}  // namespace millrace::bench
