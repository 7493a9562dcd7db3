"""resolve: what each source is now. Every source is tried, one failure hides no other."""

from __future__ import annotations

from millrace_fetcher import report
from millrace_fetcher.failure import Failure
from millrace_fetcher.sources import reader_of
from millrace_fetcher.task import ResolveTask


def resolve(task: ResolveTask) -> tuple[int, bytes]:
    """The exit code (the highest among the failures) and the message."""
    found: list[dict[str, object]] = []
    failures: list[tuple[str, Failure]] = []
    for source in task.sources:
        try:
            one = reader_of(source.location).find()
        except Failure as failure:
            report.say(f"{source.name}: {failure.reason}: {failure.message}")
            failures.append((source.name, failure))
            continue
        report.say(f"{source.name}: {one.identity} ({one.strength})")
        size = {} if one.size is None else {"size": one.size}
        found.append({"name": source.name, "identity": one.identity, "strength": one.strength, **size})
    return max((failure.exit_code for _, failure in failures), default=0), _message(found, failures)


def _message(found: list[dict[str, object]], failures: list[tuple[str, Failure]]) -> bytes:
    for longest in (300, 100, 30):
        errors = [{"name": name, **report.error_of(failure, longest)} for name, failure in failures]
        message = {"v": 1, "sources": found, "errors": errors}
        if len(report.encoded(message)) <= report.LONGEST_ALONE:
            break
    return report.bounded(message, report.LONGEST_ALONE)
