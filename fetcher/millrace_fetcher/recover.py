"""recover: tells once more what a run published, from its result.json: the pod that told it is gone."""

from __future__ import annotations

import json

from millrace_fetcher import metrics, report
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import canonical, sha256_of
from millrace_fetcher.members import DIGEST, Members
from millrace_fetcher.publish import message_of
from millrace_fetcher.store import store_of
from millrace_fetcher.task_results import RecoverTask


def _result(task: RecoverTask, raw: bytes) -> tuple[str, int, metrics.Metrics, dict[str, str] | None]:
    members = Members(json.loads(raw), "result.json")
    for key, wanted in (("name", task.name), ("run", task.run), ("attempt", task.attempt)):
        if members.take(key) != wanted:
            raise Failure(Reason.MALFORMED_TASK, f"result.json is of another {key}")
    digest, size = members.text("digest", DIGEST), members.count("size", 0)
    numbers = metrics.parse(canonical(members.take("metrics")))
    return digest, size, numbers, members.if_present("read", members.digests)


def recover(task: RecoverTask) -> bytes:
    raw = store_of(task.store, task.name, task.run, task.attempt).recorded()
    try:
        digest, size, numbers, read = _result(task, raw)
    except (Failure, ValueError, RecursionError) as error:
        # Whatever is wrong with it, this task is right, and another look will find the same.
        raise Failure(
            Reason.STORE_CONFLICT, f"the store holds a result.json that publish did not write: {error}"
        ) from error
    told = message_of(task.report, numbers, digest, size, sha256_of(raw))
    if read is not None:
        told["read"] = read
    report.say(f"recovered: {digest}, {size} bytes")
    return report.bounded(told, report.LONGEST_ALONE)
