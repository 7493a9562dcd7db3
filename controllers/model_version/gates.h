// Gates: rules over metrics, judged once, with the numbers; a comparison with a champion once per champion (D24).
#pragma once

#include <string>
#include <vector>

#include "model_version/observed.h"

namespace millrace::model_version {

// What gates may count: metrics that were typed in by hand count for none (D9).
struct Numbers {
  json::StringMap metrics{};
  bool measured = false;
  bool operator==(const Numbers&) const = default;
};

// One verdict per gate, in order. `before`: what was judged earlier; a verdict of it stands unless a service that wants the version has
// another champion by now.
std::vector<GateVerdict> judge_gates(const Spec& spec, const Numbers& numbers, const std::vector<ServiceFact>& services,
                                     const std::vector<GateVerdict>& before);

// The champions that gates are still to be judged against.
std::vector<Rival> rivals_to_meet(const Spec& spec, const std::vector<ServiceFact>& services, const std::vector<GateVerdict>& before);

bool all_passed(const std::vector<GateVerdict>& verdicts);

// "accuracy 0.8512 must be at least 0.90; loss is missing": the gates that did not pass.
std::string failures(const std::vector<GateVerdict>& verdicts);

// "accuracy 0.9310": the first gate's metric, else the first metric, in six digits.
std::string score(const Spec& spec, const json::StringMap& metrics);

}  // namespace millrace::model_version
