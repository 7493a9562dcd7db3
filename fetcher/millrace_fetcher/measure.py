"""measure: the numbers of an evaluation, of the version in question and of the one that serves."""

from __future__ import annotations

from millrace_fetcher import metrics, report
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.task_results import MeasureTask


def measure(task: MeasureTask) -> bytes:
    told: dict[str, object] = {"v": 1}
    for role, path in task.metrics.items():
        try:
            numbers = metrics.read(path)
        except Failure as failure:
            raise Failure(failure.reason, f"{role}: {failure.message}") from failure
        told[role] = metrics.told(numbers, task.report)
    size = len(report.encoded(told))
    if size > report.LONGEST:
        message = f"metrics.json: with the reported metrics the message takes {size} bytes, {report.LONGEST} fit"
        raise Failure(Reason.BAD_METRICS, message)
    return report.bounded(told)
