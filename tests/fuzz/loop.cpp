// The fuzz targets as an ordinary test: their seeds, and mutations of them, the same each time: a few thousand, or as many as
// MILLRACE_FUZZ_EXECUTIONS says. What breaks one is shown.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "json/value.h"
#include "targets.h"

namespace millrace::fuzz {
namespace {

constexpr std::size_t kPool = 200, kLongest = 2000;

long executions() {
  const char* many = std::getenv("MILLRACE_FUZZ_EXECUTIONS");
  return many == nullptr ? 3000 : std::atol(many);
}

// What runs now, for who sees the process end.
std::string now_running;

void show(int) {
  std::fputs("the input, as JSON: ", stderr);
  std::fputs(millrace::json::dump(now_running).c_str(), stderr);
  std::fputs("\n", stderr);
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

class Fuzz : public testing::TestWithParam<Target> {};

std::string mutated(std::string text, const std::vector<std::string>& seeds, std::mt19937& random) {
  static constexpr const char* kWords[] = {"{",    "}",  "[", "]",  "\"",    ":",  ",",   "null", "\\u0000",
                                           "\xff", "\n", "0", "-1", "1e999", "..", "%2e", "${",   "$"};
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t i = 0, times = 1 + below(4); i < times; ++i) {
    const std::size_t at = below(text.size() + 1);
    switch (random() % 5) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.insert(at, kWords[below(std::size(kWords))]);
        break;
      case 2:
        text.erase(at, below(8));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), below(40)));
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        text.replace(at, below(20), other.substr(below(other.size() + 1), below(40)));
      }
    }
  }
  return text;
}

void run(const Target& target, std::string bytes) {
  now_running = std::move(bytes);
  target.run(now_running);
}

TEST_P(Fuzz, TakesAnyBytes) {
  const Target& target = GetParam();
  std::signal(SIGABRT, show);
  std::mt19937 random(7);
  for (const std::string& seed : target.seeds) run(target, seed);
  run(target, "");
  std::vector<std::string> pool = target.seeds;
  const long times = executions();
  for (long i = 0; i < times; ++i) {
    std::string next = mutated(pool[random() % pool.size()], target.seeds, random);
    run(target, next);
    if (next.size() > kLongest) continue;
    if (pool.size() < kPool) {
      pool.push_back(std::move(next));
    } else if (random() % 4 == 0) {
      pool[target.seeds.size() + random() % (kPool - target.seeds.size())] = std::move(next);
    }
  }
  EXPECT_GT(pool.size(), target.seeds.size());
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(targets()), [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace millrace::fuzz
