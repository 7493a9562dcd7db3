// Verdicts: what services made of a version, remembered in status and, beside it, in an annotation of the version's own (D21).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model_version/observed.h"

namespace millrace::model_version {

// "<service>=Good|Bad@<RFC 3339>#<revision>", "; " between. Entries that do not parse are dropped.
std::vector<Serving> parse_verdicts(std::string_view annotation);
std::string verdict_annotation(const std::vector<Serving>& serving);

// What is known of every service: the observed facts, and verdicts of earlier times (status, annotation) of those that say nothing now.
std::vector<Serving> serving_of(const Observed& seen);

// The services with what they once made of the version, though they say nothing of it now.
std::vector<ServiceFact> with_verdicts(std::vector<ServiceFact> services, const std::vector<Serving>& serving);

std::string summary_verdict(const std::vector<Serving>& serving);  // Bad, Good, Untried

}  // namespace millrace::model_version
