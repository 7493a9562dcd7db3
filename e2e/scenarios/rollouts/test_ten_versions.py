"""Ten versions under a steady load: promotions, rollbacks, one that is superseded, one that is aborted; every serving pod is evicted, the
operator killed. Nothing fails but what a bad version's own pods answer."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from cluster import Cluster, wait_for
from cluster.kubectl import dig, names
from cluster.progress import tell
from scenarios import kills
from scenarios.conftest import DEEP, Space
from scenarios.light import NAME
from scenarios.rollouts.line import ERRORS, LATENCY, Line, analysis

REQUESTS = 100_000
RATE = 100
STEPS = [{"weight": 20, "pause": "10s"}, {"weight": 50, "pause": "10s"}, {"weight": 100}]
SLOW, FAILING = {"latency": "0.4"}, {"error_ratio": "0.3"}


def evict_serving(cluster: Cluster, namespace: str) -> int:
    """Each pod, by the Eviction API, which minds disruption budgets: what it refuses is asked for again until it is granted."""
    pods = names(cluster.list("pods", namespace, f"millrace.dev/inference-service={NAME}"))
    return [wait_for(f"{pod} to be evicted", partial(evict, cluster, namespace, pod)) for pod in pods].count("Evicted")


def evict(cluster: Cluster, namespace: str, pod: str) -> str:
    """Empty when a budget forbids it now."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
    done = cluster.run("kubectl", "create", "--raw", f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction", "-f", "-", stdin=json.dumps(body), check=False)
    if done.returncode == 0:
        return "Evicted"
    assert "NotFound" in done.stderr or "disruption budget" in done.stderr, done.stderr
    return "Gone" if "NotFound" in done.stderr else ""


@pytest.mark.skipif(not DEEP, reason="a quarter of an hour: MILLRACE_DEEP=1")
def test_ten_versions(space: Space) -> None:
    moments = kills.chance("ten versions")
    enough = threading.Event()
    with Line(space) as line:
        line.replicas = 4  # half of them are two: who is the only pod of its revision has no budget, and takes its share along when it is evicted
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
    tell(f"{last['sent']} requests, {line.trained} versions, {killed} kills, {evicted} evictions; {last['codes']}")
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
