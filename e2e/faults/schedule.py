"""Which request meets which fault: drawn from a seed, each kind of fault in turn, so that a story of some length meets all."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from faults.http1 import Message

# What may be done to a call; `Exchange` of proxy.py has a method of each name, which tells what it is.
CALL = ("delay", "refuse", "lose", "cut", "twice", "throttle", "broken", "busy", "lose_by_error", "page")
# To a watch as it begins, and to one that is under way.
WATCH = (
    "late",
    "refuse",
    "gone",
    "throttle",
    "busy",
    "page",
    "cut_soon",
    "cut_in_a_line",
    "gone_inside",
    "broken_inside",
    "end_soon",
    "repeat",
    "future",
    "no_bookmarks",
)
# Until the other side's patience ends: a call's deadline, a watch's idle limit.
SILENT_CALL, SILENT_WATCH = "silent", "freeze"

FAULTS: Mapping[str, Sequence[str]] = {
    "lease": (*CALL, SILENT_CALL),
    "read": (*CALL, "gone"),
    "create": CALL,
    "change": CALL,
    "watch": WATCH,
}
LONG_FAULTS = {kind: (*faults, SILENT_WATCH if kind == "watch" else SILENT_CALL) for kind, faults in FAULTS.items() if kind != "lease"} | {
    "lease": FAULTS["lease"]
}
# Of so many requests of a kind one is left alone after each that was not.
SPARED = {"lease": 4, "read": 2, "create": 1, "change": 1, "watch": 0}


def kind_of(request: Message) -> str:
    if "/leases" in request.target:
        return "lease"
    if request.verb == "GET":
        return "watch" if "watch=true" in request.target or "watch=1" in request.target else "read"
    return "create" if request.verb == "POST" else "change"


class Schedule:
    """Not for several threads. `told` counts what was done: "twice create"."""

    def __init__(self, seed: int, faults: Mapping[str, Sequence[str]] = FAULTS) -> None:
        self.chance = random.Random(seed)
        self.told: Counter[str] = Counter()
        self._faults = faults
        self._decks: dict[str, list[str]] = {kind: [] for kind in faults}
        self._spared: dict[str, int] = {kind: self.chance.randint(0, SPARED[kind]) for kind in faults}

    def next(self, request: Message) -> str:
        """Empty for a request that is left alone."""
        kind = kind_of(request)
        if not self._faults.get(kind):
            return ""
        if self._spared[kind] > 0:
            self._spared[kind] -= 1
            return ""
        self._spared[kind] = SPARED[kind]
        if not self._decks[kind]:
            self._decks[kind] = self.chance.sample(self._faults[kind], len(self._faults[kind]))
        fault = self._decks[kind].pop()
        self.told[f"{fault} {kind}"] += 1
        return fault
