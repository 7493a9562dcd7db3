"""clear: of a folder on a workspace, what earlier runs left. What cannot be removed is told and left: it only takes
space."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from millrace_fetcher import report
from millrace_fetcher.task_results import ClearTask


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


def clear(task: ClearTask) -> bytes:
    removed = [_remove(entry) for entry in _entries(task.folder) if entry.name != task.keep]
    return report.bounded({"v": 1, "cleared": removed.count(True), "left": removed.count(False)})
