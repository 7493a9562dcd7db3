"""Why something was refused or failed, as the operator reads it."""

from __future__ import annotations

import errno
from enum import StrEnum


class Reason(StrEnum):
    """Part of the contract: the operator branches on these words."""

    NOT_FOUND = "NotFound"
    UNAUTHORIZED = "Unauthorized"
    DIGEST_MISMATCH = "DigestMismatch"
    DATA_CHANGED = "DataChanged"
    TOO_LARGE = "TooLarge"
    BAD_TREE = "BadTree"
    BAD_METRICS = "BadMetrics"
    NO_MODEL = "NoModel"
    STORE_CONFLICT = "StoreConflict"
    REDIRECT_REFUSED = "RedirectRefused"
    REVISION_NOT_FOUND = "RevisionNotFound"
    REMOTE_MISSING = "RemoteMissing"
    BAD_METADATA = "BadMetadata"
    NOT_SUPPORTED = "NotSupported"
    UNREACHABLE = "Unreachable"
    SECRET_MISSING = "SecretMissing"  # noqa: S105
    STORE_FULL = "StoreFull"
    STORE_UNWRITABLE = "StoreUnwritable"
    MALFORMED_TASK = "MalformedTask"
    INTERNAL_ERROR = "InternalError"


_PLACE = {Reason.UNREACHABLE, Reason.SECRET_MISSING, Reason.STORE_FULL, Reason.STORE_UNWRITABLE}
_OURS = {Reason.MALFORMED_TASK, Reason.INTERNAL_ERROR}

PLACE = 20  # the exit code of a cause of the place

FULL = {errno.ENOSPC, errno.EDQUOT}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}


class Failure(Exception):
    """A refusal with its cause; `source` names the data set, empty when there is none."""

    def __init__(self, reason: Reason, message: str, source: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.source = source

    @property
    def exit_code(self) -> int:
        """10: a cause of the input; 20: a cause of the place; 30: a bug of ours."""
        if self.reason in _OURS:
            return 30
        return PLACE if self.reason in _PLACE else 10


def of_reading(error: OSError, what: str) -> Failure:
    """An input could not be read."""
    sentence = f"{what}: {error.strerror or type(error).__name__}"
    if error.errno in ABSENT:
        return Failure(Reason.NOT_FOUND, sentence)
    if error.errno in FORBIDDEN:
        return Failure(Reason.UNAUTHORIZED, sentence)
    if error.errno in {errno.ELOOP, errno.ENXIO}:
        return Failure(Reason.BAD_TREE, sentence)
    return Failure(Reason.UNREACHABLE, sentence)


def of_writing(error: OSError, what: str) -> Failure:
    """Something could not be written to a volume."""
    sentence = f"{what}: {error.strerror or type(error).__name__}"
    if error.errno in FULL:
        return Failure(Reason.STORE_FULL, sentence)
    if error.errno in FORBIDDEN or error.errno in ABSENT:
        return Failure(Reason.STORE_UNWRITABLE, sentence)
    return Failure(Reason.UNREACHABLE, sentence)
