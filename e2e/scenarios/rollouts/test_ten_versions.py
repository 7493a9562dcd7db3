"""Ten versions under a steady load: promotions, rollbacks, one that is superseded, one that is aborted; every serving pod is evicted, the
operator killed. Nothing fails but what a bad version's own pods answer."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cluster import Cluster
from cluster.kubectl import dig, names
from scenarios import kills
from scenarios.conftest import DEEP, Space
from scenarios.light import NAME
from scenarios.rollouts.line import ERRORS, LATENCY, Line, analysis

REQUESTS = 100_000
RATE = 100
STEPS = [{"weight": 20, "pause": "10s"}, {"weight": 50, "pause": "10s"}, {"weight": 100}]
SLOW, FAILING = {"latency": "0.4"}, {"error_ratio": "0.3"}


def evict_serving(cluster: Cluster, namespace: str) -> int:
    """By the Eviction API, which minds disruption budgets: one that it refuses is asked for again in the next round."""
    evicted = 0
    for pod in names(cluster.list("pods", namespace, f"millrace.dev/inference-service={NAME}")):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
        done = cluster.run("kubectl", "create", "--raw", f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction", "-f", "-", stdin=json.dumps(body), check=False)
        evicted += done.returncode == 0
    return evicted


@pytest.mark.skipif(not DEEP, reason="a quarter of an hour: MILLRACE_DEEP=1")
def test_ten_versions(space: Space, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        moments = kills.chance("ten versions")
    enough = threading.Event()
    with Line(space) as line:
        line.replicas = 2
        line.begin(steps=STEPS, bake="10s", analysis=analysis(ERRORS, LATENCY))
        load = line.load(RATE)
        with ThreadPoolExecutor(1) as pool:
            killer = pool.submit(kill_until, line.cluster, moments, enough)
            try:
                evicted = ten_versions(line)
                while load.counts()["sent"] < REQUESTS:
                    evicted += promoted(line)
            finally:
                enough.set()
            killed = killer.result()
        last = load.stop()
    with capsys.disabled():
        print(f"{last['sent']} requests, {line.trained} versions, {killed} kills, {evicted} evictions; {last['codes']}")
    assert last["sent"] >= REQUESTS
    failed = {code: set(versions) for code, versions in last["codes"].items() if code != "200"}
    assert failed == {"500": {"3"}}, last["codes"]


def kill_until(cluster: Cluster, moments: kills.Moments, enough: threading.Event) -> int:
    made = 0
    while not enough.is_set():
        made += kills.kill(cluster, moments, 1, 40.0)
    return made


def promoted(line: Line) -> int:
    version = line.train()
    line.until_step(version, 50)
    evicted = evict_serving(line.cluster, line.namespace)
    line.until_result(version, "Promoted", 400)
    return evicted + evict_serving(line.cluster, line.namespace)


def rolled_back(line: Line, **parameters: str) -> None:
    line.until_result(line.train(**parameters), "RolledBack", 400)


def ten_versions(line: Line) -> int:
    evicted = promoted(line)  # 2
    rolled_back(line, **FAILING)  # 3
    evicted += promoted(line)  # 4
    superseded(line)  # 5 and 6
    aborted = line.train()  # 7
    line.until_step(aborted, 20)
    assert line.outcome(line.say(f"abort {aborted}"))["outcome"] == "Done"
    line.until_result(aborted, "RolledBack", 400)
    rolled_back(line, **SLOW)  # 8
    evicted += promoted(line)  # 9
    return evicted + promoted(line)  # 10


def superseded(line: Line) -> None:
    """While one is on its way a newer one takes its place."""
    rollout: dict[str, Any] = {"steps": STEPS, "bake": "10s", "analysis": analysis(ERRORS, LATENCY)}
    line.serve(**rollout, onNewVersion="Supersede")
    first = line.train()
    line.until_step(first, 20)
    second = line.train()
    line.until_result(second, "Promoted", 400)
    assert dig(line.version(first), "status.result") == "Superseded"
    line.serve(**rollout)
