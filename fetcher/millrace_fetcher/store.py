"""Where published bytes go: by their digest, written once, by one rename (docs/pods.md)."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from millrace_fetcher import identity, report, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content

LONGEST_PAUSE = 30.0
LARGEST_RESULT = 1 << 28  # a million files
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


@dataclass(frozen=True)
class Publisher:
    """One attempt of one run that writes to one model's folder."""

    folder: Path
    run: str
    attempt: int

    def put(self, model: Path, content: Content) -> Path:
        """The model at its digest path. Safe beside others who publish the same."""
        content_folder = self.folder / "sha256"
        target = content_folder / content.digest.removeprefix("sha256:")
        with tree.writing(content_folder):
            content_folder.mkdir(parents=True, exist_ok=True)
            self._clear_leftovers(content_folder)
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
        """Raises NotFound when nothing was recorded."""
        return tree.read_file(self._result(), LARGEST_RESULT)

    def record(self, result: bytes) -> None:
        path = self._result()
        with tree.writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            tree.replace_file(path, result)
            for above in path.parents[1:4]:
                tree.sync_folder(above)

    def _place(self, model: Path, content: Content, target: Path) -> None:
        sibling = target.with_name(f".tmp-{self.run}-a{self.attempt}-{os.urandom(6).hex()}")
        try:
            self._copy(model, content, sibling)
            tree.sync_folders(sibling)
            self._rename(sibling, target)
            tree.sync_folder(target.parent)
            tree.sync_folder(target.parent.parent)
        finally:
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

    def _clear_leftovers(self, folder: Path) -> None:
        """What a killed attempt of the same run left behind. An attempt begins only when the one before is over."""
        mine = re.compile(rf"\.tmp-{re.escape(self.run)}-a(\d+)-[0-9a-f]{{12}}")
        for path in folder.iterdir():
            match = mine.fullmatch(path.name)
            if match and int(match[1]) <= self.attempt:
                shutil.rmtree(path, ignore_errors=True)
