# The fuzz targets as an ordinary test: a few thousand executions of each, or as many as MILLRACE_FUZZ_EXECUTIONS says.
millrace_sources(fuzz_targets tests/fuzz FALSE)
add_executable(fuzz_loop ${fuzz_targets})
target_include_directories(fuzz_loop PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz)
target_link_libraries(fuzz_loop PRIVATE millrace_options inference_service_pure model_version_pure reports metrics_source GTest::gtest GTest::gtest_main)
add_test(NAME fuzz_loop COMMAND fuzz_loop WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(fuzz_loop PROPERTIES LABELS fuzz TIMEOUT 600 ENVIRONMENT ASAN_OPTIONS=malloc_context_size=0)
