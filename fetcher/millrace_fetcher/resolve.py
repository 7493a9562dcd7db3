"""resolve: what each source is now. Every source is tried, one failure hides no other."""

from __future__ import annotations

from collections.abc import Callable

from millrace_fetcher import report
from millrace_fetcher.failure import Failure
from millrace_fetcher.sources import Found, Reader, readers
from millrace_fetcher.task import Location, ResolveTask, SourceTask


class _Told:
    """The message as it grows. Sentences are cut shorter the more they are; a source that does not fit even so is left
    for the next time."""

    def __init__(self) -> None:
        self._found: list[dict[str, object]] = []
        self._failures: list[tuple[str, Failure]] = []
        self._count = 0
        self.message = self._encoded(0)

    @property
    def exit_code(self) -> int:
        return max((failure.exit_code for _, failure in self._failures), default=0)

    def found(self, source: SourceTask, found: Found) -> bool:
        """Whether there was room."""
        if found.identity == source.known:
            return self._fits()
        extra = {"size": found.size, "commit": found.commit}
        told = {key: value for key, value in extra.items() if value is not None}
        self._found.append({"name": source.name, "identity": found.identity, "strength": found.strength, **told})
        return self._fits()

    def failed(self, source: SourceTask, failure: Failure) -> bool:
        """Whether there was room."""
        self._failures.append((source.name, failure))
        if self._fits():
            return True
        self._failures.pop()
        return False

    def _fits(self) -> bool:
        self._count += 1
        for longest in (300, 100, 30):
            message = self._encoded(longest)
            if len(message) <= report.LONGEST_ALONE:
                self.message = message
                return True
        return False

    def _encoded(self, longest: int) -> bytes:
        errors = [{"name": name, **report.error_of(failure, longest)} for name, failure in self._failures]
        return report.encoded({"v": 1, "told": self._count, "sources": self._found, "errors": errors})


def _look(source: SourceTask, reader_of: Callable[[Location], Reader], told: _Told) -> bool:
    """Whether what was seen fits into the message."""
    try:
        found = reader_of(source.location).find()
    except Failure as failure:
        report.say(f"{source.name}: {failure.reason}: {failure.message}")
        return told.failed(source, failure)
    report.say(f"{source.name}: {found.identity} ({found.strength})")
    return told.found(source, found)


def resolve(task: ResolveTask) -> tuple[int, bytes]:
    """The exit code (the highest among the failures) and the message."""
    told = _Told()
    with readers() as reader_of:
        for source in task.sources:
            if not _look(source, reader_of, told):
                break
    return told.exit_code, told.message
