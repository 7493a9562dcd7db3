"""One at a time among all processes of this machine; who has to wait says for what."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.shell import wait_for

_LONGEST = 3600.0  # seconds: Kubernetes takes ten minutes to build


@contextmanager
def locked(file: Path, what: str) -> Iterator[None]:
    """`what` the other one does meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        if not _taken(held.fileno()):
            wait_for(f"another process that {what}", lambda: _taken(held.fileno()), _LONGEST)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
