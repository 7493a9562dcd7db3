"""Takes files from somewhere else: hashed, counted against a bound, and put below a folder or nowhere."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Protocol, TypeVar

from millrace_fetcher import identity, tree
from millrace_fetcher.failure import Failure, Reason

LARGEST = 1 << 40
AT_ONCE = 8
T = TypeVar("T")


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def checked_path(relative: str) -> str:
    """A path from a manifest or a listing: it must stay below the folder that it is for."""
    parts = relative.split("/")
    if not tree.is_utf8(relative) or "\0" in relative or any(part in {"", ".", ".."} for part in parts):
        raise tree.bad_tree(relative, "it is no path of a file below a folder")
    if len(parts) > tree.DEEPEST or any(len(part.encode()) > 255 for part in parts):
        raise tree.bad_tree(relative, "it is too deep, or a name in it is too long")
    return relative


class Intake:
    """`into` None: the bytes are only hashed. May be used by several threads."""

    def __init__(self, into: Path | None, limit: int | None = None) -> None:
        self._into = into
        self._limit = LARGEST if limit is None else limit
        self._size = 0
        self._lock = threading.Lock()
        self._watchers: list[Callable[[str], Hash]] = []
        if into is not None:
            with tree.writing(into):
                into.mkdir(parents=True, exist_ok=True)

    def expect(self, size: int) -> None:
        """Refuses before a byte is read what somebody says is too large."""
        if size > self._limit:
            raise Failure(Reason.TOO_LARGE, f"{size} bytes, {self._limit} are allowed")

    @contextmanager
    def watched(self, watcher: Callable[[str], Hash]) -> Iterator[None]:
        """Inside, each file's bytes are shown to what `watcher` makes for its path."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.pop()

    def file(self, relative: str, chunks: Iterable[bytes], *also: Hash, executable: bool = False) -> identity.Entry:
        """`also` see the same bytes."""
        digest, size = hashlib.sha256(), 0
        shown: list[Hash] = [digest, *also, *(watcher(relative) for watcher in self._watchers)]
        out = self._opened(checked_path(relative), executable)
        try:
            for chunk in chunks:
                self._count(len(chunk))
                size += len(chunk)
                for each in shown:
                    each.update(chunk)
                if out is not None:
                    with tree.writing(relative):
                        tree.write_all(out, chunk)
        finally:
            if out is not None:
                out.close()
        return identity.Entry(relative, digest.hexdigest(), size)

    def _count(self, size: int) -> None:
        with self._lock:
            self._size += size
            if self._size > self._limit:
                raise Failure(Reason.TOO_LARGE, f"more than {self._limit} bytes")

    def _opened(self, relative: str, executable: bool) -> FileIO | None:
        if self._into is None:
            return None
        target = self._into / relative
        with tree.writing(target):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                out = FileIO(target, "x")
            except FileExistsError as error:
                raise tree.bad_tree(relative, "the same name stands for two things") from error
            if executable:
                target.chmod(0o755)
        return out

    def each(self, parts: Sequence[T], take: Callable[[T], identity.Entry]) -> list[identity.Entry]:
        """Several at once, since most of the time is waiting; the first failure ends it."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            waiting = [pool.submit(take, part) for part in parts]
            try:
                return [one.result() for one in waiting]
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
