"""From the previous commit's operator to this one and back, amid canaries, a run and a load: no pod restarts, no request fails, nobody writes
anything but the Lease. A kind whose CRD is older than the program stands still and says so."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from bench.scrape import Metrics
from cluster import Cluster, operator, wait_for
from cluster.audit import table
from cluster.kubectl import E2E, condition, dig
from cluster.progress import run_testbed, tell
from scenarios import light
from scenarios.conftest import DEEP, Space
from scenarios.faults.behind import Asked
from scenarios.faults.underway import UnderWay
from scenarios.light import JOB, NAME, SERVICE
from testbed.paths import CHECKOUT, millrace_home

FOLLOWERS, OTHERS = 3, 17
TRAINS = 600  # seconds: longer than both changes take
QUIET = 30.0  # seconds that are watched after the other operator leads: longer than any span after which an observation is written
SOURCES = ("operator", "controllers", "fetcher", "charts", "crds", "Dockerfile")
SCHEMA = "millrace.dev/schema"


def git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(E2E.parent), *words], capture_output=True, text=True, check=True).stdout.strip()


def previous() -> Path:
    """The files of the newest commit whose operator is another one than ours."""
    commits = git("log", "--format=%H", "-1", "HEAD", "--", *SOURCES)
    commit = "HEAD" if git("status", "--porcelain", "--", *SOURCES) else f"{commits}^"
    tell(f"the previous operator is that of {git('log', '-1', '--format=%h %s', commit)}")
    place = millrace_home() / "previous"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    archive = subprocess.run(["git", "-C", str(E2E.parent), "archive", commit], capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(place)], input=archive, check=True)
    return place


def install_from(cluster: Cluster, checkout: Path) -> None:
    """Its images, its chart, its CRDs."""
    run_testbed("load-image", "--name", cluster.name, "fetcher", "operator", e2e=checkout / "e2e")
    sets = [word for value in operator.source_values() for word in ("--set", value)]
    run_testbed("install", "--name", cluster.name, *sets, e2e=checkout / "e2e")


def change_quietly(line: UnderWay, checkout: Path) -> None:
    """Nothing but the Lease is written from before the change until well after it, and no pod is touched."""
    pods, asked = line.pods(), Asked(line.cluster)
    install_from(line.cluster, checkout)
    leads = time.time()
    wait_for("what the other operator may still write", lambda: time.time() > leads + QUIET or None)
    writes = [one for one in asked.writes() if one.resource != "leases"]
    assert writes == [], table(writes)
    assert line.pods() == pods


@pytest.mark.skipif(not DEEP, reason="builds the previous operator's image: MILLRACE_DEEP=1")
def test_up_and_down_again(space: Space) -> None:
    before = previous()
    install_from(space.cluster, before)
    try:
        line = UnderWay(space, FOLLOWERS, OTHERS)
        line.begin(TRAINS)
        load = line.load(rate=20)
        change_quietly(line, CHECKOUT)
        change_quietly(line, before)
        change_quietly(line, CHECKOUT)
        line.let_go(2)
        last = load.stop()
    finally:
        install_from(space.cluster, CHECKOUT)
    tell(f"three changes of the operator; {last['sent']} requests, failed {last['failed']}")
    assert last["failed"] == 0, last["errors"]
    assert dig(space.cluster.get(JOB, NAME, space.name), "status.run.attempt") == 1


def test_a_kind_with_an_older_crd_stands_still_and_says_so(space: Space) -> None:
    cluster, line = space.cluster, UnderWay(space)
    line.begin(0)
    load, pods = line.load(), line.pods()
    number = dig(cluster.get("crd", SERVICE, ""), "metadata.annotations")[SCHEMA]
    try:
        with operator.stopped(cluster):
            cluster.kubectl("annotate", "crd", SERVICE, f"{SCHEMA}={int(number) - 1}", "--overwrite")
            asked = Asked(cluster)
        wait_for("the operator to say so", lambda: complains(cluster) or None, 90)
        light.say(cluster, space.name, f"promote {NAME}-v2 step=1", "unheard")
        line.train(4)
        wait_for("the other kinds to go on", lambda: line.state_of_run()[0] == 4 or None)
        assert [one for one in asked.writes(space.name) if one.resource.startswith("inferenceservices")] == []
    finally:
        cluster.kubectl("annotate", "crd", SERVICE, f"{SCHEMA}={number}", "--overwrite")
    line.until(NAME, "the word is heard", lambda s: dig(s, "status.stable.version") == f"{NAME}-v2")
    assert set(pods) & set(line.pods())
    assert load.stop()["failed"] == 0


def complains(cluster: Cluster) -> bool:
    """In its log, by a metric, and where Kubernetes asks whether it is ready."""
    pod = operator.running(cluster)
    if not pod:
        return False
    name = pod["metadata"]["name"]
    log = cluster.kubectl("-n", operator.NAMESPACE, "logs", name)
    path = f"/api/v1/namespaces/{operator.NAMESPACE}/pods/{name}:8081/proxy/metrics"
    metrics = Metrics(cluster.kubectl("get", "--raw", path, check=False))
    told = "a kind does not run" in log and "this program needs" in log
    return told and metrics.total("millrace_crd_outdated", kind="InferenceService") == 1 and condition(pod, "Ready")["status"] == "False"
