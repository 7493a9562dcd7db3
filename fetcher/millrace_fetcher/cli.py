"""millrace-fetcher VERB: the task in, the message and the exit code out. task.py lists the verbs."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from millrace_fetcher import report
from millrace_fetcher.clear import clear
from millrace_fetcher.delete import delete
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.fetch import fetch, fetch_model
from millrace_fetcher.measure import measure
from millrace_fetcher.publish import publish
from millrace_fetcher.record import record
from millrace_fetcher.recover import recover
from millrace_fetcher.register import register
from millrace_fetcher.resolve import resolve
from millrace_fetcher.task import DeleteTask, FetchModelTask, FetchTask, ResolveTask, Task, VerifyTask, decode
from millrace_fetcher.task_results import ClearTask, MeasureTask, PublishTask, RecordTask, RecoverTask, RegisterTask
from millrace_fetcher.verify import verify

_VERBS: dict[type[Task], Callable[[Any], bytes]] = {
    FetchTask: fetch,
    FetchModelTask: fetch_model,
    PublishTask: publish,
    VerifyTask: verify,
    DeleteTask: delete,
    RecoverTask: recover,
    MeasureTask: measure,
    ClearTask: clear,
    RegisterTask: register,
    RecordTask: record,
}


def _perform(task: Task) -> tuple[int, bytes]:
    if isinstance(task, ResolveTask):
        return resolve(task)
    return 0, _VERBS[type(task)](task)


def _unexpected(error: Exception) -> Failure:
    """A bug of ours. Where it happened is told, not the values: one of them may be a secret."""
    for frame in traceback.extract_tb(error.__traceback__):
        report.say(f"  {os.path.basename(frame.filename)}:{frame.lineno} {frame.name}")
    return Failure(Reason.INTERNAL_ERROR, f"unexpected {type(error).__name__}")


def perform(verb: str, text: str | None) -> tuple[int, bytes]:
    """The exit code and the message of a task."""
    try:
        return _perform(decode(verb, text))
    except Failure as failure:
        known = failure
    except Exception as error:
        known = _unexpected(error)
    report.say(f"{known.source + ': ' if known.source else ''}{known.reason}: {known.message}")
    return known.exit_code, report.failure_message(known)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    # As process 1 of a container the kernel drops a TERM that has no handler; an exception removes temporary files.
    signal.signal(signal.SIGTERM, _end)
    # Other containers of the pod run as other users and read what is written here.
    os.umask(0o022)
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    code, message = perform(verb, os.environ.get("MILLRACE_TASK"))
    report.write(message)
    sys.exit(code)


if __name__ == "__main__":
    main()
