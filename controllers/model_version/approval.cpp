#include "model_version/approval.h"

namespace millrace::model_version {
namespace {

namespace reason = shared::reason;

std::string decided(const Approval& approval, std::string_view verb) {
  std::string out = (approval.by.empty() ? std::string("somebody") : approval.by) + " " + std::string(verb) + " it";
  return approval.reason.empty() ? out : out + ": " + approval.reason;
}

Consent undecided(const Spec& spec) {
  switch (spec.approval.policy) {
    case ApprovalPolicy::Manual:
      return {Word::Awaited, false, {std::string(reason::kAwaitingApproval), "spec.approval.decision waits for a person"}};
    case ApprovalPolicy::Automatic:
      break;
  }
  if (is_of_run(spec)) return {Word::Given, true, {std::string(reason::kAutomatic), "nobody's approval is asked for"}};
  return {Word::Given, false, {std::string(reason::kNotApproved), "made by hand: policy Latest takes it up once it is approved"}};
}

}  // namespace

Consent consent_of(const Spec& spec) {
  switch (spec.approval.decision) {
    case ApprovalDecision::Pending:
      break;
    case ApprovalDecision::Approved:
      return {Word::Given, true, {std::string(reason::kApproved), decided(spec.approval, "approved")}};
    case ApprovalDecision::Rejected:
      return {Word::Refused, false, {std::string(reason::kNotApproved), decided(spec.approval, "rejected")}};
  }
  return undecided(spec);
}

std::string quarantine_text(const Spec& spec) {
  return "quarantined" + (spec.quarantine.reason.empty() ? std::string() : ": " + spec.quarantine.reason);
}

}  // namespace millrace::model_version
