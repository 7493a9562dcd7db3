"""verify: whether the bytes of a version are still those of its digest."""

from __future__ import annotations

from millrace_fetcher import models, report
from millrace_fetcher.task import VerifyTask


def verify(task: VerifyTask) -> bytes:
    content = models.read(task.location, None)
    report.say(f"{content.digest}: {len(content.files)} files, {content.size} bytes")
    return report.bounded({"v": 1, "digest": content.digest, "size": content.size, "files": len(content.files)})
