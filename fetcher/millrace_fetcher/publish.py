"""publish: checks what the run made, puts it into the store, tells its digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from millrace_fetcher import metrics, report, tree
from millrace_fetcher.failure import PLACE, Failure, Reason
from millrace_fetcher.identity import Content, canonical, sha256_of
from millrace_fetcher.patience import Patience
from millrace_fetcher.store import store_of
from millrace_fetcher.task_results import PublishTask

T = TypeVar("T")
_LIKE_A_DIGEST = "sha256:" + 64 * "0"


def message_of(
    names: Sequence[str], numbers: metrics.Metrics, digest: str, size: int, result: str
) -> dict[str, object]:
    return {"v": 1, "digest": digest, "size": size, "metrics": metrics.told(numbers, names), "result": result}


def _check_message(task: PublishTask, numbers: metrics.Metrics) -> None:
    """Before the work, not after it: a gate whose number was left out would reject a good version."""
    raw = report.encoded(message_of(task.report, numbers, _LIKE_A_DIGEST, task.max_size, _LIKE_A_DIGEST))
    if len(raw) > report.LONGEST:
        message = f"metrics.json: with the reported metrics the message takes {len(raw)} bytes, {report.LONGEST} fit"
        raise Failure(Reason.BAD_METRICS, message)


def _model(task: PublishTask) -> Content:
    if not task.model.is_dir():
        raise Failure(Reason.NO_MODEL, f"{task.model} is no folder: the run wrote no model")
    # From the root on: no part of the path may be a link, the folders above belong to the user too.
    content = tree.read(Path("/"), str(task.model), limit=task.max_size)
    if not content.files:
        raise Failure(Reason.NO_MODEL, f"{task.model} is empty: the run wrote no model")
    return content


def _result(task: PublishTask, numbers: metrics.Metrics, content: Content) -> bytes:
    files = [{"path": entry.path, "sha256": entry.sha256, "size": entry.size} for entry in content.files]
    values: Mapping[str, int | float] = numbers
    record = {
        "v": 1,
        "name": task.name,
        "run": task.run,
        "attempt": task.attempt,
        "format": task.format,
        "digest": content.digest,
        "size": content.size,
        "metrics": values,
        "files": files,
        **({} if task.read is None else {"read": dict(task.read)}),
    }
    return canonical(record)


def _stored(patience: Patience, action: Callable[[], T]) -> T:
    """A cause of the place says which place: the files it names lie in the pod too."""
    try:
        return patience.until_done(action)
    except Failure as failure:
        if failure.exit_code != PLACE:
            raise
        raise Failure(failure.reason, f"spec.output.store cannot take it: {failure.message}") from failure


def publish(task: PublishTask, patience: Patience | None = None) -> bytes:
    patience = patience or Patience(task.timeout)
    numbers = metrics.read(task.metrics)
    _check_message(task, numbers)
    content = _model(task)
    report.say(f"model: {len(content.files)} files, {content.size} bytes, {content.digest}")
    store = store_of(task.store, task.name, task.run, task.attempt)
    target = _stored(patience, lambda: store.put(task.model, content))
    result = _result(task, numbers, content)
    _stored(patience, lambda: store.record(result))
    report.say(f"published: {target}")
    return report.bounded(message_of(task.report, numbers, content.digest, content.size, sha256_of(result)))
