// Approval: what a person's word makes of a version whose gates have passed (D9). Pure.
#pragma once

#include "model_version/api/model_version.h"
#include "shared/conditions.h"

namespace millrace::model_version {

enum class Word { Given, Awaited, Refused };

struct Consent {
  Word word = Word::Given;
  bool approved = false;  // condition Approved
  shared::Saying saying{};
  bool operator==(const Consent&) const = default;
};

Consent consent_of(const Spec& spec);

// "quarantined: <reason>"
std::string quarantine_text(const Spec& spec);

}  // namespace millrace::model_version
