// Simulated rollouts for the statistics of an analysis: Poisson traffic, lognormal latencies as MLServer's histogram sees them, judged look
// by look as analyse() does.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "inference_service/analysis/judge.h"
#include "inference_service/runtimes/mlserver/queries.h"

namespace millrace::inference_service {

inline constexpr std::size_t kBuckets = std::size(kMlServerBounds);

struct Behaviour {                    // of a revision
  double errors = 0.01;               // share of its requests
  double median = 0.05, sigma = 0.5;  // of its lognormal latencies, in seconds
};

struct Scenario {
  double rate = 10;  // requests per second, of both revisions together
  Behaviour stable{}, canary{};
  std::vector<AnalysisMetric> metrics{};
  std::int64_t failure_limit = 2;
};

// What one revision has counted in a step: requests and errors, and requests by bucket, the last of them beyond all.
struct Tally {
  Counts counts{};
  std::array<double, kBuckets + 1> buckets{};

  double within(double bound) const;
  std::optional<double> quantile(double q) const;
  Tally since(const Tally& before) const;
};

class Simulation {
 public:
  Simulation(const Scenario& scenario, std::uint64_t seed);

  enum class End { Promoted, RolledBack, Paused };
  struct Outcome {
    End end = End::Promoted;
    int step = 0;         // in which it ended
    double requests = 0;  // of the canary in that step's window
    double seconds = 0;   // of looks in all steps
  };
  Outcome run();  // 20 → 50 → 100 %, at least ten minutes each, and two hours at most without a verdict

  // One step, look by look.
  void begin(std::int64_t weight);
  void advance();  // by one interval
  Measured measured(const AnalysisMetric& metric) const;
  Tally canary() const { return window(canary_); }
  Tally stable() const { return window(stable_); }

 private:
  struct Count {
    int failures = 0;
    bool passed = false, failing = false;
  };
  End step(std::int64_t weight, Outcome& out);
  bool look(std::vector<Count>& counts);  // true: failed
  Tally window(const std::vector<Tally>& tallies) const;

  struct Drawn {  // of one revision
    double errors = 0;
    std::array<double, kBuckets + 1> shares{};
  };
  static Drawn drawn(const Behaviour& behaviour);
  void add(Tally& tally, const Drawn& from, double mean);

  Scenario scenario_;
  Drawn as_canary_, as_stable_;
  std::mt19937_64 random_;
  std::int64_t weight_ = 0;
  std::vector<Tally> canary_{}, stable_{};  // since the step began, at each look
  Tally frozen_{};
};

}  // namespace millrace::inference_service
