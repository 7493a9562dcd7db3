// The closed list of reasons of conditions, events and history entries. Reasons that the fetcher reports are in docs/pods.md;
// they are passed on as they are (NotFound, Unauthorized, DigestMismatch, DataChanged, TooLarge, BadTree, BadMetrics, NoModel,
// StoreConflict, RedirectRefused, Unreachable, StoreFull, StoreUnwritable).
#pragma once

#include <string_view>

namespace millrace::shared::reason {

// Acceptance.
inline constexpr std::string_view kValid = "Valid";
inline constexpr std::string_view kInvalid = "Invalid";
inline constexpr std::string_view kClaimNotFound = "ClaimNotFound";
inline constexpr std::string_view kModelVersionNotFound = "ModelVersionNotFound";
// Refused writes (D4).
inline constexpr std::string_view kNameTaken = "NameTaken";
inline constexpr std::string_view kQuotaExceeded = "QuotaExceeded";
inline constexpr std::string_view kPodSecurity = "PodSecurity";
inline constexpr std::string_view kForbidden = "Forbidden";
inline constexpr std::string_view kTooLarge = "TooLarge";
// Work.
inline constexpr std::string_view kPending = "Pending";
inline constexpr std::string_view kResolvingData = "ResolvingData";
inline constexpr std::string_view kResolveFailed = "ResolveFailed";
inline constexpr std::string_view kResolveDeadline = "ResolveDeadline";
inline constexpr std::string_view kNewData = "NewData";  // a look found other data than that of the newest run
inline constexpr std::string_view kResolved = "Resolved";
inline constexpr std::string_view kRunning = "Running";
inline constexpr std::string_view kNotRunning = "NotRunning";
inline constexpr std::string_view kRetrying = "Retrying";
inline constexpr std::string_view kSucceeded = "Succeeded";
inline constexpr std::string_view kFailed = "Failed";
inline constexpr std::string_view kPendingDeadline = "PendingDeadline";
inline constexpr std::string_view kSuspended = "Suspended";
inline constexpr std::string_view kRunDeadline = "RunDeadline";
inline constexpr std::string_view kStalled = "Stalled";  // train told of no progress for deadlines.stall
inline constexpr std::string_view kRegistered = "Registered";
inline constexpr std::string_view kNotRegistered = "NotRegistered";
inline constexpr std::string_view kRecovering = "Recovering";  // publish has told nobody: its result is read from the store
inline constexpr std::string_view kResultLost = "ResultLost";
inline constexpr std::string_view kVersionReady = "VersionReady";
inline constexpr std::string_view kVersionRejected = "VersionRejected";
inline constexpr std::string_view kInputsChanged =
    "InputsChanged";                                       // the spec asks for other inputs: what ran for the old ones is given up
inline constexpr std::string_view kCacheHit = "CacheHit";  // a ModelVersion was trained on the same inputs
inline constexpr std::string_view kKnownBad = "KnownBad";  // the same, and it was rejected
inline constexpr std::string_view kImageMoved = "ImageMoved";
inline constexpr std::string_view kReproducible = "Reproducible";
inline constexpr std::string_view kMutableTag = "MutableTag";
inline constexpr std::string_view kWeakData = "WeakData";
inline constexpr std::string_view kRestored = "Restored";  // a wiped status was rebuilt (D21)
inline constexpr std::string_view kUnchanged = "Unchanged";
inline constexpr std::string_view kVerifying = "Verifying";
inline constexpr std::string_view kVerified = "Verified";
inline constexpr std::string_view kVerifyFailed = "VerifyFailed";
inline constexpr std::string_view kPublished = "Published";
inline constexpr std::string_view kGatesPassed = "GatesPassed";
inline constexpr std::string_view kGatesFailed = "GatesFailed";
inline constexpr std::string_view kEvaluating = "Evaluating";
inline constexpr std::string_view kEvaluationFailed = "EvaluationFailed";
inline constexpr std::string_view kNoRegistry = "NoRegistry";
inline constexpr std::string_view kRegistering = "Registering";
inline constexpr std::string_view kRegistryBusy = "RegistryBusy";
inline constexpr std::string_view kRegistrationFailed = "RegistrationFailed";
inline constexpr std::string_view kAwaitingApproval = "AwaitingApproval";
inline constexpr std::string_view kAutomatic = "Automatic";  // nobody's approval is asked for
inline constexpr std::string_view kApproved = "Approved";
inline constexpr std::string_view kNotApproved = "NotApproved";
inline constexpr std::string_view kQuarantined = "Quarantined";
inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kPromoted = "Promoted";
inline constexpr std::string_view kRolledBack = "RolledBack";
inline constexpr std::string_view kSuperseded = "Superseded";
inline constexpr std::string_view kFollowed = "Followed";  // a service that follows the version has not ended with it
inline constexpr std::string_view kInUse = "InUse";        // its deletion waits for services
inline constexpr std::string_view kDeleting = "Deleting";  // its bytes go, then it goes
inline constexpr std::string_view kDeleteFailed = "DeleteFailed";
inline constexpr std::string_view kDeleted = "Deleted";      // its bytes are gone
inline constexpr std::string_view kBytesKept = "BytesKept";  // another version names them
inline constexpr std::string_view kBytesLeft = "BytesLeft";  // given up: they stay, and nobody knows of them
// Causes read from pods (blame.h).
inline constexpr std::string_view kCrashed = "Crashed";
inline constexpr std::string_view kOutOfMemory = "OutOfMemory";
inline constexpr std::string_view kCannotStart = "CannotStart";
inline constexpr std::string_view kImageInvalid = "ImageInvalid";
inline constexpr std::string_view kImagePullFailed = "ImagePullFailed";
inline constexpr std::string_view kConfigMissing = "ConfigMissing";
inline constexpr std::string_view kUnschedulable = "Unschedulable";
inline constexpr std::string_view kEvicted = "Evicted";
inline constexpr std::string_view kEphemeralStorageExceeded = "EphemeralStorageExceeded";
inline constexpr std::string_view kDisrupted = "Disrupted";
inline constexpr std::string_view kNodeLost = "NodeLost";
inline constexpr std::string_view kInternalError = "InternalError";

}  // namespace millrace::shared::reason
