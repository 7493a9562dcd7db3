"""How long what the place caused is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from millrace_fetcher import report
from millrace_fetcher.failure import Failure, Reason

LONGEST_PAUSE = 30.0
T = TypeVar("T")


@dataclass
class Patience:
    """Tries again what the place caused (space, network) until so many seconds are over. Rights do not come back by
    waiting, so those failures end it at once."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._until = self.clock() + self.seconds

    def until_done(self, action: Callable[[], T]) -> T:
        wait = 1.0
        while True:
            try:
                return action()
            except Failure as failure:
                left = self._until - self.clock()
                if failure.reason not in {Reason.STORE_FULL, Reason.UNREACHABLE} or left <= 0:
                    raise
                report.say(f"{failure.reason}: {failure.message}; tried again for {left:.0f} s more")
            self.pause(min(wait, max(left, 0.05)))
            wait = min(wait * 2, LONGEST_PAUSE)
