"""The bytes of an out: its manifest and its files, each verified by the md5 that names it."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator

from millrace_fetcher.dvc import outs
from millrace_fetcher.dvc.check import Sums
from millrace_fetcher.dvc.outs import Blob, Out
from millrace_fetcher.dvc.project import Project, Tracked
from millrace_fetcher.dvc.remote import Keys, Store, keys_of, store_of
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Entry
from millrace_fetcher.intake import Intake

LARGEST_MANIFEST = 256 << 20


def md5_of(out: Out) -> str:
    if not out.md5:
        raise Failure(Reason.BAD_METADATA, f"{out.file}: {out.path} has no md5")
    return out.md5


class Objects:
    """One out, or a part of it, in the remote that holds its bytes."""

    def __init__(self, project: Project, tracked: Tracked, wanted: str | None, keys: Keys) -> None:
        self._out, self._inside = tracked.out, tracked.inside
        self._root = project.root or ""
        self._remote = project.config().remote(wanted or self._recorded(tracked.out) or tracked.out.remote)
        self._store: Store = store_of(self._remote, keys)
        self._listed: tuple[Blob, ...] | None = None

    def _recorded(self, out: Out) -> str | None:
        """The remote that keeps versions of the files, where one does."""
        versions = out.versions or next((blob.versions for blob in out.blobs if blob.versions), {})
        return next(iter(versions), None)

    @property
    def is_folder(self) -> bool:
        return self._out.is_folder and not any(blob.path == "" for blob in self.blobs())

    def identity(self) -> str:
        if not self._inside and self._out.md5:
            return f"md5:{self._out.md5}"
        blobs = self.blobs()
        return f"md5:{blobs[0].md5 if blobs[0].path == '' else outs.folder_md5(blobs)}"

    def size(self) -> int | None:
        if not self._inside and self._out.size is not None:
            return self._out.size
        sizes = [blob.size for blob in self.blobs()]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def check(self) -> None:
        """One look whether the bytes were pushed. Where a folder is meant, whether its manifest was."""
        if self._inside or not self._out.md5.endswith(".dir"):
            places = self._places(self.blobs()[0])
        else:
            places = [(key, "") for key in keys_of(self._out.md5, self._out.legacy)] if not self._out.blobs else []
        if places and not any(self._store.exists(key, version) for key, version in places):
            raise self._absent(self._out.md5 or self.blobs()[0].md5)

    def _absent(self, md5: str) -> Failure:
        message = (
            f"{self._out.path}: remote {self._remote.name} ({self._remote.url}) does not hold {md5}; was it pushed?"
        )
        return Failure(Reason.NOT_FOUND, message)

    def blobs(self) -> tuple[Blob, ...]:
        """The files that are meant, by their paths below what is meant; the path of a single file is empty."""
        if self._listed is None:
            self._listed = self._within(self._all())
        return self._listed

    def _all(self) -> tuple[Blob, ...]:
        if self._out.blobs:
            return self._out.blobs
        md5 = md5_of(self._out)
        if not md5.endswith(".dir"):
            return (Blob("", md5, self._out.size, self._out.versions),)
        raw = bytearray()
        sums = Sums()
        for chunk in self._chunks([(key, "") for key in keys_of(self._out.md5, self._out.legacy)], self._out.md5):
            raw += chunk
            sums.update(chunk)
            if len(raw) > LARGEST_MANIFEST:
                raise Failure(Reason.TOO_LARGE, f"{self._out.md5}: more than {LARGEST_MANIFEST} bytes")
        if f"{sums.md5(legacy=False)}.dir" != self._out.md5:
            raise Failure(Reason.DATA_CHANGED, f"{self._remote.url}: the bytes of {self._out.md5} are others")
        return outs.manifest(self._out.md5, bytes(raw))

    def _within(self, blobs: tuple[Blob, ...]) -> tuple[Blob, ...]:
        if not self._inside:
            return blobs
        start = self._inside + "/"
        found = tuple(
            Blob(blob.path[len(start) :], blob.md5, blob.size, blob.versions)
            for blob in blobs
            if blob.path == self._inside or blob.path.startswith(start)
        )
        if not found:
            raise Failure(Reason.NOT_FOUND, f"{self._out.file}: {self._out.path} holds no {self._inside}")
        return found

    def read(self, intake: Intake, name: str) -> list[Entry]:
        """`name` is that of a single file. What DVC says about sizes is not trusted, the bytes are counted."""
        intake.expect(self.size() or 0)
        return intake.each(self.blobs(), lambda blob: self._read_one(intake, blob, blob.path or name))

    def _read_one(self, intake: Intake, blob: Blob, path: str) -> Entry:
        sums = Sums()
        entry = intake.file(path, self._chunks(self._places(blob), blob.md5), sums)
        if not sums.matches(blob.md5, self._out.legacy):
            raise Failure(Reason.DATA_CHANGED, f"{self._remote.url}: the bytes of {path} are not md5 {blob.md5}")
        return entry

    def _places(self, blob: Blob) -> list[tuple[str, str]]:
        """Keys and versions to try, one after the other."""
        version = blob.versions.get(self._remote.name)
        if version is None:
            return [(key, "") for key in keys_of(blob.md5, self._out.legacy)]
        whole = posixpath.join(self._out.path, self._inside, blob.path).rstrip("/")
        return [(posixpath.relpath(whole, self._root or "."), version)]

    def _chunks(self, places: list[tuple[str, str]], md5: str) -> Iterator[bytes]:
        for key, version in places:
            chunks = self._store.chunks(key, version)
            try:
                first = next(chunks, b"")
            except Failure as failure:
                if failure.reason is not Reason.NOT_FOUND:
                    raise
                continue
            return itertools.chain((first,), chunks)
        raise self._absent(md5)
