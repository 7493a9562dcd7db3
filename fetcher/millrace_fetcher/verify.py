"""verify: whether the bytes of a version are still those of its digest."""

from __future__ import annotations

from millrace_fetcher import report
from millrace_fetcher.sources import readers
from millrace_fetcher.task import VerifyTask


def verify(task: VerifyTask) -> bytes:
    with readers() as reader_of:
        content = reader_of(task.location).read(None, None)
    report.say(f"{content.digest}: {len(content.files)} files, {content.size} bytes")
    return report.bounded({"v": 1, "digest": content.digest, "size": content.size, "files": len(content.files)})
