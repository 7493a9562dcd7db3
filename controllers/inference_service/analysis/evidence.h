// Evidence: what numbers say for or against a canary. Pure arithmetic.
//
// Errors. Evidence is the logarithm (nats) of how much likelier the counts are under "too many errors" than under "as it should be":
// Wald's sequential probability ratio test (Wald 1945, Annals of Mathematical Statistics 16). It may be looked at after every request:
// by Ville's inequality (1939) a canary that is as it should be ever reaches kFails with a probability of at most e^-6 = 0.25 %, and one
// that is bad reaches -kPasses with at most e^-3 = 5 %.
//  - Against a limit: "as it should be" is max/(e-1), "too many" e·max/(e-1), Poisson. The evidence is then simply
//        errors - max · requests,
//    the errors beyond those allowed; it grows when the true ratio is above max, and falls when it is below. Without errors a canary passes
//    after 3/max requests, the rule of three (Hanley and Lippman-Hand 1983). It holds for Bernoulli trials as well:
//    1 + p(e-1) ≤ exp(p(e-1)).
//  - Against stable: the true ratio is unknown and drops out, for given the sum of the errors the canary's are binomial (Przyborowski and
//    Wilenski 1940). "As it should be" is the same ratio, "too many" g times it:
//        errors_c · ln g - errors · ln((requests_s + g · requests_c) / (requests_s + requests_c)).
//    g is chosen so that the evidence neither grows nor falls where the canary's ratio is max_ratio times stable's: (g-1)/ln g = max_ratio.
//    The same follows from the invariant prior of the unknown ratio (Hall, Wijsman and Ghosh 1965), therefore it holds for looks at any
//    instant and for numbers of stable that were frozen.
//
// Latencies. A quantile of n requests lies, whatever their distribution, between the quantiles q ± z·√(q(1-q)/n) of what was measured
// (order statistics; Conover 1971), here with z = 2.58, 99 %, and moved for the skew of a count near the end of its range (Cornish and
// Fisher 1938) by (z²-1)(2q-1)/6n. A canary fails when its lower bound exceeds the limit, or max_ratio times stable's upper bound. It
// passes by its value.
//
// auto: a rule that is as good as decided passes (errors: -kPasses, latencies: the value once the share beyond the quantile is known to
// ±50 %). After kEnough requests what is not against a canary is for it: less than 1 nat, "barely worth mentioning" (Jeffreys 1961).
#pragma once

#include <cstdint>
#include <optional>

namespace millrace::inference_service {

inline constexpr double kFails = 6, kPasses = 3, kBarely = 1;  // nats
inline constexpr std::int64_t kEnough = 1000;                  // requests
inline constexpr double kFew = 30;                             // requests, below which a quantile has no bounds

struct Counts {  // of one revision in the window
  double requests = 0, errors = 0;
};

double beyond(const Counts& canary, double max);                                // evidence against a limit
double contrast(const Counts& canary, const Counts& stable, double max_ratio);  // evidence against stable; max_ratio > 1

// Requests that a clean canary needs: 3/max; and that a quantile's tail needs to be known to ±50 %. At most kEnough.
std::int64_t enough_for_ratio(double max);
std::int64_t enough_for_quantile(double q);

struct Shares {                            // of requests: the measured quantiles between which the true quantile lies
  std::optional<double> below{}, above{};  // nullopt: it is not to be had from so few
};
Shares bounds_of(double q, double requests);

}  // namespace millrace::inference_service
