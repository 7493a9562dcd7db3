"""Where data and models come from: one file per scheme, and the catalog of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.sources import https, pvc
from millrace_fetcher.sources.found import Found
from millrace_fetcher.task import Location

__all__ = ["CATALOG", "Found", "Reader", "reader_of"]


class Reader(Protocol):
    """One location of one scheme."""

    def find(self) -> Found:
        """What is there now, read no further than its identity needs."""
        ...

    def read(self, into: Path | None, identity: str | None) -> Content:
        """Hashes it, and copies it to the folder `into`. Raises DataChanged when it is not `identity` (where one is
        given) and DigestMismatch when it is not the location's digest."""
        ...


@dataclass(frozen=True)
class Scheme:
    name: str
    make: Callable[[Location], Reader]


CATALOG: tuple[Scheme, ...] = (
    Scheme("pvc", pvc.Claim),
    Scheme("https", https.Web),
)


def reader_of(location: Location) -> Reader:
    """An unknown scheme is an error, never a guess: the operator lets none through."""
    name = location.uri.partition("://")[0]
    if name == "http" and os.environ.get("MILLRACE_ALLOW_HTTP") == "1":
        name = "https"
    for scheme in CATALOG:
        if scheme.name == name:
            return scheme.make(location)
    known = ", ".join(f"{scheme.name}://" for scheme in CATALOG)
    raise Failure(Reason.MALFORMED_TASK, f"uri: its scheme must be one of {known}")
