"""Waits that look again until something is so, and tell meanwhile what they wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Timeout(AssertionError):
    """What was waited for did not come."""


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 120, say: Callable[[str], None] = print) -> T:
    """The first truthy answer of `look`. Every ten seconds tells what is awaited and for how long."""
    start = told = time.monotonic()
    while True:
        answer = look()
        if answer:
            return answer
        now = time.monotonic()
        if now - start > seconds:
            raise Timeout(f"{what}: not within {seconds:.0f} s")
        if now - told >= 10:
            told = now
            say(f"    waiting for {what} ({now - start:.0f} s)")
        time.sleep(0.3)
