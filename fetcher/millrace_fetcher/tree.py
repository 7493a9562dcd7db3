"""Reads files and trees that others wrote, and copies them. Nothing is followed and nothing but plain files is opened:
every step is relative to an open folder, with O_NOFOLLOW, so that a link that appears meanwhile is refused too."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from millrace_fetcher import identity
from millrace_fetcher.failure import Failure, Reason, of_reading, of_writing

CHUNK = 1 << 20
DEEPEST = 100
MOST_FILES = 1_000_000
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def bad_tree(path: str, why: str) -> Failure:
    shown = path.encode("utf-8", "backslashreplace").decode()
    return Failure(Reason.BAD_TREE, f"{shown or '.'}: {why}")


def is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _open(name: str, folder: int | None, shown: str) -> tuple[int, os.stat_result]:
    """Opens a plain file or a folder. The look before keeps devices from being opened at all."""
    if not is_utf8(name):
        raise bad_tree(shown, "the name is not UTF-8")
    try:
        before = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(before.st_mode) and not stat.S_ISDIR(before.st_mode):
            raise bad_tree(shown, f"{_kind(before.st_mode)} is not allowed")
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
    except OSError as error:
        raise of_reading(error, shown) from error
    now = os.fstat(descriptor)
    if stat.S_IFMT(now.st_mode) != stat.S_IFMT(before.st_mode):
        os.close(descriptor)
        raise bad_tree(shown, "it changed its kind while it was read")
    return descriptor, now


@contextmanager
def opened(root: Path, relative: str = "") -> Iterator[tuple[int, os.stat_result]]:
    """The file or folder at `relative` below `root`, no part of which may be a link. `root` itself is ours."""
    parts = [part for part in relative.split("/") if part]
    if any(part in {".", ".."} or "\0" in part for part in parts):
        raise bad_tree(relative, "the path must not hold . or ..")
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise of_reading(error, str(root)) from error
    try:
        status = os.fstat(descriptor)
        for number, part in enumerate(parts):
            inner, status = _open(part, descriptor, "/".join(parts[: number + 1]))
            os.close(descriptor)
            descriptor = inner
        yield descriptor, status
    finally:
        os.close(descriptor)


@contextmanager
def writing(what: Path | str) -> Iterator[None]:
    """Errors of what happens inside are those of a volume that cannot be written."""
    try:
        yield
    except OSError as error:
        raise of_writing(error, str(what)) from error


def write_all(out: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[out.write(view) or 0 :]


@dataclass
class _Reader:
    into: Path | None
    limit: int | None
    sync: bool
    size: int = 0
    entries: list[identity.Entry] = field(default_factory=list)

    def file(self, descriptor: int, relative: str) -> None:
        with FileIO(os.dup(descriptor)) as source:
            if self.into is None:
                self._add(relative, *self._copy(source, None, relative))
                return
            target = self.into / relative
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                out = FileIO(target, "x")
            with out:
                self._add(relative, *self._copy(source, out, relative))
                with writing(target):
                    if self.sync:
                        os.fsync(out.fileno())

    def _copy(self, source: FileIO, out: FileIO | None, relative: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        while chunk := self._chunk(source, relative):
            self.size += len(chunk)
            size += len(chunk)
            if self.limit is not None and self.size > self.limit:
                raise Failure(Reason.TOO_LARGE, f"more than {self.limit} bytes")
            digest.update(chunk)
            if out is not None:
                with writing(relative):
                    write_all(out, chunk)
        return digest.hexdigest(), size

    def _chunk(self, source: FileIO, relative: str) -> bytes:
        try:
            return source.read(CHUNK) or b""
        except OSError as error:
            raise of_reading(error, relative) from error

    def _add(self, relative: str, digest: str, size: int) -> None:
        if len(self.entries) >= MOST_FILES:
            raise Failure(Reason.TOO_LARGE, f"more than {MOST_FILES} files")
        self.entries.append(identity.Entry(relative, digest, size))

    def folder(self, descriptor: int, above: str, depth: int) -> None:
        if depth > DEEPEST:
            raise bad_tree(above, f"more than {DEEPEST} folders deep")
        try:
            names = sorted(os.listdir(descriptor))
        except OSError as error:
            raise of_reading(error, above or ".") from error
        for name in names:
            relative = f"{above}/{name}" if above else name
            inner, status = _open(name, descriptor, relative)
            try:
                if stat.S_ISDIR(status.st_mode):
                    self.folder(inner, relative, depth + 1)
                else:
                    self.file(inner, relative)
            finally:
                os.close(inner)


def read(
    root: Path, relative: str = "", *, into: Path | None = None, limit: int | None = None, sync: bool = False
) -> identity.Content:
    """Hashes the file or tree at `relative` below `root`, and copies it to the folder `into` (a file under its own base
    name). What was written stays there after a failure: the caller chose the folder and removes it. `limit` in bytes;
    `sync` makes each file lasting."""
    reader = _Reader(into, limit, sync)
    with opened(root, relative) as (descriptor, status):
        if into is not None:
            with writing(into):
                into.mkdir(parents=True, exist_ok=True)
        if stat.S_ISDIR(status.st_mode):
            reader.folder(descriptor, "", 0)
            return identity.of_tree(reader.entries)
        reader.file(descriptor, (relative or str(root)).rstrip("/").rsplit("/", 1)[-1])
        return identity.of_file(reader.entries[0])


def read_file(path: Path, most: int) -> bytes:
    """The first bytes of a file, no part of whose path may be a link."""
    with opened(Path("/"), str(path)) as (descriptor, status):
        if stat.S_ISDIR(status.st_mode):
            raise bad_tree(str(path), "it is a folder")
        raw = bytearray()
        with FileIO(os.dup(descriptor)) as file:
            try:
                while len(raw) < most and (piece := file.read(most - len(raw))):
                    raw += piece
            except OSError as error:
                raise of_reading(error, str(path)) from error
    return bytes(raw)


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(path: Path) -> None:
    """Makes the names in a tree lasting, the deepest first; the files' bytes are their writer's."""
    for folder, _, _ in os.walk(path, topdown=False):
        sync_folder(Path(folder))


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file by way of a sibling and one rename, lasting."""
    sibling = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with FileIO(sibling, "x") as out:
            write_all(out, data)
            os.fsync(out.fileno())
        os.rename(sibling, path)
        sync_folder(path.parent)
    finally:
        sibling.unlink(missing_ok=True)
