"""Where published bytes go: by their digest, written once, by whoever comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from millrace_fetcher.identity import Content
from millrace_fetcher.store_folder import FolderStore
from millrace_fetcher.store_s3 import S3Store
from millrace_fetcher.task_results import StoreTask


class Store(Protocol):
    """What one attempt of one run writes below one model's name. Safe beside others that publish the same."""

    def put(self, model: Path, content: Content) -> object:
        """The model at its digest, and beside it the manifest; returns where. Raises StoreConflict when other bytes
        are there."""
        ...

    def record(self, result: bytes) -> None:
        """Keeps result.json. Raises StoreConflict when this attempt has another one already."""
        ...

    def recorded(self) -> bytes:
        """Raises NotFound when nothing was recorded."""
        ...


def store_of(task: StoreTask, name: str, run: str, attempt: int) -> Store:
    if task.uri.startswith("s3://"):
        return S3Store.at(task.uri, task.secret, f"{name}", f"runs/{run}/a{attempt}/result.json")
    return FolderStore(Path(task.uri) / name, run, attempt)
