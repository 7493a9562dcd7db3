# bench_engine: micro-benchmarks. press: the load program of `make bench`. Both stand on the rooms that the tests stand on.
find_package(benchmark REQUIRED)
find_package(nlohmann_json REQUIRED)
millrace_program(bench_engine bench LINK test_support wire_support benchmark::benchmark nlohmann_json::nlohmann_json)
millrace_program(press bench/press USES kube_client LINK CLI11::CLI11)
# g++ 12 sees an overflow in libstdc++'s own copies when it inlines the simulator at -O2.
target_compile_options(test_support PRIVATE -Wno-stringop-overflow)
