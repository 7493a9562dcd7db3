// bench_engine: all micro-benchmarks in one program.
#include <benchmark/benchmark.h>

#include "calls.h"

int main(int argc, char** argv) {
  millrace::bench::start_server();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
