# The fuzz targets: fuzz_loop, an ordinary test, and, in the preset fuzz, the program of libFuzzer.
millrace_sources(fuzz_targets tests/fuzz FALSE)
list(FILTER fuzz_targets EXCLUDE REGEX "/(libfuzzer|loop)\\.cpp$")

function(millrace_fuzz name main)
  add_executable(${name} ${fuzz_targets} ${CMAKE_SOURCE_DIR}/tests/fuzz/${main})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz)
  target_link_libraries(${name} PRIVATE millrace_options inference_service_pure model_version_pure reports metrics_source ${ARGN})
endfunction()

if(MILLRACE_TESTS)
  millrace_fuzz(fuzz_loop loop.cpp GTest::gtest GTest::gtest_main)
  add_test(NAME fuzz_loop COMMAND fuzz_loop WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(fuzz_loop PROPERTIES LABELS fuzz TIMEOUT 600 ENVIRONMENT ASAN_OPTIONS=malloc_context_size=0)
endif()
if(MILLRACE_FUZZ)
  target_compile_options(millrace_options INTERFACE -Wno-error)  # clang warns of more than the compiler of the releases
  millrace_fuzz(fuzz libfuzzer.cpp)
  target_link_options(fuzz PRIVATE -fsanitize=fuzzer)
endif()
