"""Where data and models come from: one file per scheme, and the catalog of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git.repository import Repositories, repositories
from millrace_fetcher.identity import Content
from millrace_fetcher.sources import dvc, git, gs, hf, https, mlflow_artifacts, pvc, s3
from millrace_fetcher.sources.found import Found
from millrace_fetcher.task import Location

__all__ = ["CATALOG", "Found", "Reader", "readers"]


class Reader(Protocol):
    """One location of one scheme."""

    def find(self) -> Found:
        """What is there now, read no further than its identity needs."""
        ...

    def read(self, into: Path | None, identity: str | None) -> Content:
        """Hashes it, and copies it to the folder `into`. Raises DataChanged when it is not `identity` (where one is
        given) and DigestMismatch when it is not the location's digest."""
        ...


CATALOG: dict[str, Callable[[Location], Reader]] = {
    "pvc": pvc.Claim,
    "https": https.Web,
    "s3": s3.Bucket,
    "gs": gs.Bucket,
    "hf": hf.Hub,
    "mlflow-artifacts": mlflow_artifacts.Artifacts,
}


def _of_uri(location: Location) -> Reader:
    """An unknown scheme is an error, never a guess: the operator lets none through."""
    name = location.uri.partition(":")[0]
    if name == "http" and os.environ.get("MILLRACE_ALLOW_HTTP") == "1":
        name = "https"
    if name not in CATALOG:
        raise Failure(Reason.MALFORMED_TASK, f"uri: its scheme must be one of {', '.join(CATALOG)}")
    return CATALOG[name](location)


def _of(location: Location, shared: Repositories) -> Reader:
    if location.git is not None:
        return git.Code(location, location.git, shared.of(location.git.repo, location.secret))
    if location.dvc is not None:
        return dvc.Data(location, location.dvc, shared)
    return _of_uri(location)


@contextmanager
def readers() -> Iterator[Callable[[Location], Reader]]:
    """Makes readers of locations; what they share, such as a look at a repository, lives as long as the context."""
    with repositories() as shared:
        yield lambda location: _of(location, shared)
