"""clear: of a folder on a workspace, what earlier runs left, and what an earlier pod of this attempt prepared. What
cannot be removed of the former is told and left: it only takes space."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millrace_fetcher import report
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.task_results import ClearTask

GRACE = 90  # seconds; a pod has 60 after its Job was deleted


def _remove(entry: os.DirEntry[str]) -> bool:
    # Neither follows a link: a person may have put one here.
    try:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    except FileNotFoundError:
        pass
    except OSError as error:
        report.say(f"{entry.name} stays: {error.strerror}")
        return False
    return True


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
    except OSError as error:
        report.say(f"the folder of earlier runs cannot be read: {error.strerror}")
        return []


@contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    """An earlier pod of the attempt, whose Job a person deleted, may still write for its grace: its step holds this
    lock. When it does not end in time, the step that follows finds the lock held, and the attempt fails."""
    try:
        lock = os.open(folder / "state" / "preprocess.lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        _wait_for(lock)
        yield
    finally:
        os.close(lock)


def _wait_for(lock: int) -> None:
    for _ in range(GRACE * 2):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.5)
        else:
            return
    report.say("an earlier pod of this attempt still writes")


def _empty(folder: Path) -> None:
    left = [entry.name for entry in _entries(folder) if not _remove(entry)]
    if left:
        message = f"{left[0]}, which an earlier pod of this attempt prepared, cannot be removed"
        raise Failure(Reason.STORE_UNWRITABLE, message)


def clear(task: ClearTask) -> bytes:
    kept = task.folder / task.keep
    with _stopped(kept):
        _empty(kept / "prepared")
    removed = [_remove(entry) for entry in _entries(task.folder) if entry.name != task.keep]
    return report.bounded({"v": 1, "cleared": removed.count(True), "left": removed.count(False)})
