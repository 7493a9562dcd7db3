"""What the operator asks of the API server: nothing but its Lease and watches at rest, and few writes for what it makes."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from cluster import operator, wait_for
from cluster.audit import AuditLog, Request, table
from cluster.progress import tell
from scenarios.conftest import DEEP, Space
from scenarios.light import VERSION
from scenarios.story import Story
from testbed.paths import cluster_paths

ROUNDS = 3
REST = timedelta(seconds=60 if DEEP else 20)
QUIET = timedelta(seconds=15)  # without a request: longer than any span after which the operator looks or writes again


def is_at_rest(request: Request) -> bool:
    return request.verb == "watch" or request.resource == "leases"


def test_requests_of_a_story_and_at_rest(space: Space) -> None:
    if not space.cluster.local:
        pytest.skip("the audit log of a cluster is at hand only where the testbed made it")
    began = time.time()
    with Story(space.cluster, space.name) as story:
        for _ in range(ROUNDS):
            story.round()
        story.check_end()
    log = AuditLog(cluster_paths(space.cluster.name).audit_log)

    def asked(since: float, until: float = float("inf")) -> list[Request]:
        return [request for request in log.requests(since, until) if request.user == operator.USER]

    writes = [request for request in asked(began) if request.writes and request.namespace == space.name]
    tell(f"writes for {ROUNDS} runs and rollouts, one of them rolled back:\n{table(writes)}")
    # What a version can become with one service, each once: ready, canary, stable, good, gone.
    assert most_writes(writes, VERSION.split(".")[0] + "/status") <= 5
    assert most_writes(writes, "inferenceservices/status") <= ROUNDS * (2 * 2 + 2) + (time.time() - began) / 10

    wait_for("the operator to be at rest", lambda: not [r for r in asked(time.time() - QUIET.total_seconds()) if not is_at_rest(r)])
    since = time.time()
    wait_for("time at rest", lambda: time.time() >= since + REST.total_seconds())
    found = asked(since, since + REST.total_seconds())
    tell(f"{REST.seconds} s at rest: " + ", ".join(sorted({f"{r.verb} {r.resource}" for r in found})) + f"; {len(found)} requests")
    assert [r for r in found if not is_at_rest(r)] == []
    assert {r.verb for r in found if r.resource == "leases"} == {"update"}


def most_writes(writes: list[Request], resource: str) -> int:
    of_one = [f"{r.name}" for r in writes if r.resource == resource]
    return max(of_one.count(name) for name in set(of_one))
