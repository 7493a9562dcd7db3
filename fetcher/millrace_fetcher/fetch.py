"""fetch: brings the pinned data, or the model, into the pod."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millrace_fetcher import models, report, tree
from millrace_fetcher.failure import Failure
from millrace_fetcher.identity import Content, canonical, sha256_of
from millrace_fetcher.sources import Reader, readers
from millrace_fetcher.task import CODE, FetchModelTask, FetchTask, SourceTask


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder beside the target, gone afterwards whatever happens: nothing partial is ever seen under the target."""
    with tree.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _fetch_source(source: SourceTask, reader: Reader, into: Path) -> Content:
    target = source.into or into / source.name
    with _workshop(target.parent) as workshop:
        with tree.writing(target):
            _remove(target)
        content = reader.read(workshop / "data", source.identity)
        with tree.writing(target):
            os.rename(workshop / "data", target)
    return content


def _line(name: str, digest: str) -> dict[str, object]:
    return {"name": name, "sha256": digest}


def fetch(task: FetchTask) -> bytes:
    # Whether the message will fit is known before the work.
    data = [source.name for source in task.sources if source.name != CODE]
    report.bounded({"v": 1, "sources": [_line(name, sha256_of(b"")) for name in data]})
    told: list[dict[str, object]] = []
    with readers() as reader_of:
        for source in task.sources:
            try:
                content = _fetch_source(source, reader_of(source.location), task.into)
            except Failure as failure:
                failure.source = source.name
                raise
            report.say(f"{source.name}: {content.size} bytes, {content.digest}")
            if source.name != CODE:  # its commit says all
                told.append(_line(source.name, content.digest))
    if task.parameters is not None and task.parameters_file is not None:
        with tree.writing(task.parameters_file):
            task.parameters_file.parent.mkdir(parents=True, exist_ok=True)
            tree.replace_file(task.parameters_file, canonical(dict(task.parameters)))
    return report.bounded({"v": 1, "sources": told})


def fetch_model(task: FetchModelTask) -> bytes:
    """The target is a mount point, so it cannot be renamed: what a former start left goes, then the parts move in."""
    with tree.writing(task.into):
        task.into.mkdir(parents=True, exist_ok=True)
        for left in task.into.iterdir():
            _remove(left)
    with _workshop(task.into) as workshop:
        content = models.read(task.location, workshop / "data")
        with tree.writing(task.into):
            for part in sorted((workshop / "data").iterdir()):
                os.rename(part, task.into / part.name)
    report.say(f"model: {content.size} bytes, {content.digest}")
    return report.bounded({"v": 1, "digest": content.digest, "size": content.size})
