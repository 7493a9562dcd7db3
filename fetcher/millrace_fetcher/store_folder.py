"""A store that is a folder of a claim: bytes by their digest, written once, by one rename (docs/pods.md)."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from millrace_fetcher import identity, report, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content

LARGEST_RESULT = 1 << 28  # a million files
ABANDONED = 24 * 3600.0  # seconds in which a living publisher has written something

_TEMPORARY = re.compile(r"\.tmp-.+-a\d+-[0-9a-f]{12}|\.[0-9a-f]{64}\.manifest\.json\.\d+\.[0-9a-f]{8}")


@dataclass(frozen=True)
class FolderStore:
    """One attempt of one run that writes to one model's folder."""

    folder: Path
    run: str
    attempt: int

    def put(self, model: Path, content: Content) -> Path:
        content_folder = self.folder / "sha256"
        target = content_folder / content.digest.removeprefix("sha256:")
        with tree.writing(content_folder):
            content_folder.mkdir(parents=True, exist_ok=True)
            Leftovers(content_folder, self.run, self.attempt).clear()
            if not os.path.lexists(target):
                self._place(model, content, target)
        self._check(target, content)
        manifest = target.with_name(f"{target.name}.manifest.json")
        with tree.writing(manifest):
            tree.replace_file(manifest, identity.manifest(content.files))
        return target

    def _result(self) -> Path:
        return self.folder / "runs" / self.run / f"a{self.attempt}" / "result.json"

    def recorded(self) -> bytes:
        return tree.read_file(self._result(), LARGEST_RESULT)

    def record(self, result: bytes) -> None:
        path = self._result()
        with tree.writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path):
                self._check_recorded(result)
                return
            tree.replace_file(path, result)
            for above in path.parents[1:4]:
                tree.sync_folder(above)

    def _check_recorded(self, result: bytes) -> None:
        if self.recorded() != result:
            raise Failure(Reason.STORE_CONFLICT, f"attempt {self.attempt} of {self.run} has recorded another result")

    def _place(self, model: Path, content: Content, target: Path) -> None:
        sibling = target.with_name(f".tmp-{self.run}-a{self.attempt}-{os.urandom(6).hex()}")
        sibling.mkdir()
        held = os.open(sibling, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._copy(model, content, sibling)
            tree.sync_folders(sibling)
            if not os.path.samestat(os.fstat(held), sibling.stat()):
                # This program slept so long that it was taken for dead; what is there now is not whole.
                raise Failure(Reason.UNREACHABLE, f"{sibling.name} was cleared away while it was written")
            self._rename(sibling, target)
            tree.sync_folder(target.parent)
            tree.sync_folder(target.parent.parent)
        finally:
            os.close(held)
            shutil.rmtree(sibling, ignore_errors=True)

    @staticmethod
    def _copy(model: Path, content: Content, into: Path) -> None:
        changed = Failure(Reason.BAD_TREE, "the model changed while it was published")
        try:
            copied = tree.read(Path("/"), str(model), into=into, limit=content.size, sync=True)
        except Failure as failure:
            if failure.reason is Reason.TOO_LARGE:
                raise changed from failure
            raise
        if copied.digest != content.digest:
            raise changed

    @staticmethod
    def _rename(sibling: Path, target: Path) -> None:
        try:
            os.rename(sibling, target)
        except OSError as error:
            # Somebody else was faster; whether with the same bytes is checked by the caller.
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                raise

    @staticmethod
    def _check(target: Path, content: Content) -> None:
        try:
            there = tree.read(target.parent, target.name)
        except Failure as failure:
            if failure.reason is Reason.BAD_TREE:
                raise Failure(Reason.STORE_CONFLICT, f"{target.name}: {failure.message}") from failure
            raise
        if there.digest != content.digest:
            raise Failure(Reason.STORE_CONFLICT, f"{target.name} holds other bytes: {there.digest}")


class Leftovers:
    """What killed publishers left: folders that were never renamed, files of manifests that never replaced one."""

    def __init__(self, folder: Path, run: str, attempt: int) -> None:
        self._folder = folder
        self._mine = re.compile(rf"\.tmp-{re.escape(run)}-a(\d+)-[0-9a-f]{{12}}")
        self._attempt = attempt

    def clear(self) -> None:
        for path in self._folder.iterdir():
            if _TEMPORARY.fullmatch(path.name) and (self._is_mine(path) or self._is_old(path)):
                self._remove(path)

    def _is_mine(self, path: Path) -> bool:
        """An attempt begins only when the one before is over."""
        match = self._mine.fullmatch(path.name)
        return match is not None and int(match[1]) <= self._attempt

    def _is_old(self, path: Path) -> bool:
        """By the clock of the volume, since those of two nodes may differ."""
        with tempfile.TemporaryFile(dir=self._folder) as now:
            limit = os.fstat(now.fileno()).st_mtime - ABANDONED
        try:
            return all(below.lstat().st_mtime < limit for below in (path, *path.rglob("*")))
        except FileNotFoundError:
            return False  # its writer lives: it has just renamed or removed it

    def _remove(self, path: Path) -> None:
        # Renamed first: a writer that wakes up after all must not find half of its files and go on.
        away = path.with_name(f".tmp-gone-a0-{os.urandom(6).hex()}")
        try:
            os.rename(path, away)
        except FileNotFoundError:
            return  # another publisher was faster
        report.say(f"cleared away {path.name}, which a publisher that was killed left")
        if away.is_dir():
            shutil.rmtree(away, ignore_errors=True)
        else:
            away.unlink(missing_ok=True)
