"""Waits that look again until something is so, and tell meanwhile what they wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from cluster.progress import tell

T = TypeVar("T")
TOLD_EVERY = 10.0  # seconds


class Timeout(AssertionError):
    """What was waited for did not come."""


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 120, say: Callable[[str], None] = tell) -> T:
    """The first truthy answer of `look`. Every ten seconds tells what is awaited and for how long."""
    start = told = time.monotonic()
    while True:
        answer = look()
        if answer:
            return answer
        now = time.monotonic()
        if now - start > seconds:
            raise Timeout(f"{what}: not within {seconds:.0f} s")
        if now - told >= TOLD_EVERY:
            told = now
            say(f"    waiting for {what} ({now - start:.0f} s)")
        time.sleep(min(1.0, 0.3 + (now - start) / 20))  # a look costs a fifth of a second of one CPU, and what takes long may be told later
