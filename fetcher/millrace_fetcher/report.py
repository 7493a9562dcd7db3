"""What leaves this program: plain lines on stderr and one bounded message. No secret passes either."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from millrace_fetcher.failure import Failure, Reason

LONGEST = 1000
LONGEST_ALONE = 4000  # of a pod that holds no other container
_secrets: set[str] = set()


def keep_secret(value: str) -> None:
    """From now on the value is replaced wherever it would be told."""
    if value:
        _secrets.add(value)


def clean(text: str) -> str:
    """Without secrets, on one line, valid UTF-8."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = "".join(character if character.isprintable() else " " for character in text)
    return text.encode("utf-8", "replace").decode()


def say(text: str) -> None:
    print(clean(text), file=sys.stderr, flush=True)


def cut(text: str, longest: int) -> str:
    """At most so many bytes of UTF-8, whole characters."""
    raw = text.encode()
    if len(raw) <= longest:
        return text
    return raw[: longest - 3].decode("utf-8", "ignore") + "…"


def encoded(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def error_of(failure: Failure, longest: int) -> dict[str, str]:
    return {"reason": failure.reason.value, "message": cut(clean(failure.message), longest)}


def failure_message(failure: Failure) -> bytes:
    for longest in (600, 300, 100):
        error = {**error_of(failure, longest), "source": failure.source}
        raw = encoded({"v": 1, "error": error})
        if len(raw) <= LONGEST:
            return raw
    return encoded({"v": 1, "error": {"reason": failure.reason.value, "source": "", "message": ""}})


def bounded(message: object, longest: int = LONGEST) -> bytes:
    """The kubelet cuts without a word what is too long, so it may never become so."""
    raw = encoded(message)
    if len(raw) > longest:
        raise Failure(Reason.MALFORMED_TASK, f"the task asks for a message of {len(raw)} bytes, {longest} are allowed")
    return raw


def write(raw: bytes) -> None:
    """Puts the message where the kubelet looks for it."""
    path = Path(os.environ.get("MILLRACE_TERMINATION_LOG", "/dev/termination-log"))
    try:
        path.write_bytes(raw)
    except OSError as error:
        say(f"cannot write {path}: {error.strerror}")
