// Watch lines into structs: the reflector takes the line apart, the kind decodes the object. The floor reads every byte and keeps nothing.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <nlohmann/json.hpp>

#include "at_rest.h"
#include "core/check.h"
#include "engine/reflector.h"
#include "engine/store.h"
#include "worlds.h"

namespace millrace::bench {
namespace {

const engine::Kind& kind_named(const std::string& name) {
  for (const engine::Kind& kind : small_world().engine().kinds()) {
    if (kind.resource->kind == name) return kind;
  }
  throw core::Bug("no such kind: " + name);
}

std::size_t bytes_of(const std::vector<std::string>& lines) {
  std::size_t out = 0;
  for (const auto& line : lines) out += line.size();
  return out;
}

void count_bytes(benchmark::State& state, const std::vector<std::string>& lines) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes_of(lines)) * static_cast<std::int64_t>(state.iterations()));
  state.counters["line"] = static_cast<double>(bytes_of(lines)) / static_cast<double>(lines.size());
}

// A reflector whose list is empty and whose watch is open.
engine::Reflector watching(const engine::Kind& kind) {
  engine::Reflector out(kind.resource, "", kind.selector);
  out.start({});
  out.line(R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1","annotations":{"k8s.io/initial-events-end":"true"}}}})", {});
  return out;
}

void decode(benchmark::State& state, const std::string& name) {
  const auto& lines = small_lines().at(name);
  const engine::Kind& kind = kind_named(name);
  engine::Reflector reflector = watching(kind);
  for (auto _ : state) {
    for (const auto& line : lines) {
      const auto wants = reflector.line(line, {});
      if (wants.changes.size() != 1) return state.SkipWithError("the line is no change");
      auto object = kind.decode(wants.changes[0].objects[0]);
      if (!object) return state.SkipWithError(object.error().message.c_str());
      benchmark::DoNotOptimize(*object);
    }
  }
  count_bytes(state, lines);
}

struct Nothing final : nlohmann::json_sax<nlohmann::json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }
};

void floor(benchmark::State& state, const std::string& name) {
  const auto& lines = small_lines().at(name);
  Nothing nothing;
  for (auto _ : state) {
    for (const auto& line : lines) {
      if (!nlohmann::json::sax_parse(line, &nothing)) return state.SkipWithError("the line is no JSON");
    }
  }
  count_bytes(state, lines);
}

// What the heap holds more after so many objects of a kind came into the cache.
void cached(benchmark::State& state, const std::string& name) {
  const engine::Kind& kind = kind_named(name);
  const auto& lines = small_lines().at(name);
  engine::Change change{.what = engine::Change::What::Replace, .resource_version = "1"};
  for (const auto& line : lines) change.objects.push_back(json::dump(*json::parse(line)->at({"object"})));
  for (auto _ : state) {
    const std::size_t before = mallinfo2().uordblks;
    engine::Store store({kind});
    store.apply(0, change);
    state.counters["bytes"] = static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(store.count(0));
    state.counters["json"] = static_cast<double>(bytes_of(change.objects)) / static_cast<double>(lines.size());
  }
}

const bool registered = [] {
  for (const char* kind : {"InferenceService", "Deployment", "Service", "Pod"}) {
    const std::string name = kind;
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), [name](benchmark::State& state) { decode(state, name); });
    benchmark::RegisterBenchmark(("floor/" + name).c_str(), [name](benchmark::State& state) { floor(state, name); });
    benchmark::RegisterBenchmark(("cached/" + name).c_str(), [name](benchmark::State& state) { cached(state, name); });
  }
  return true;
}();

}  // namespace
}  // namespace millrace::bench
