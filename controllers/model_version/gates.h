// Gates: rules over metrics, judged once, with the numbers.
#pragma once

#include <string>
#include <vector>

#include "model_version/api/model_version.h"

namespace millrace::model_version {

// One verdict per gate, in order. Metrics that were typed in by hand count for no gate (D9): NotMeasured.
std::vector<GateVerdict> judge_gates(const Spec& spec, bool measured);

bool all_passed(const std::vector<GateVerdict>& verdicts);

// "accuracy 0.8512 must be at least 0.90; loss is missing": the gates that did not pass.
std::string failures(const std::vector<GateVerdict>& verdicts);

// "accuracy 0.9310": the first gate's metric, else the first metric, in six digits.
std::string score(const Spec& spec);

}  // namespace millrace::model_version
