"""The leader stopped for a while, the API server and etcd restarted, each amid a canary and a run: the end is that of an undisturbed cluster."""

from __future__ import annotations

import time

import testbed.cluster
from cluster import Cluster, operator, wait_for
from cluster.kubectl import dig
from cluster.progress import tell
from faults.ends import End, wait_same
from scenarios.conftest import DEEP, Space
from scenarios.faults import leaders
from scenarios.faults.behind import Asked
from scenarios.faults.underway import UnderWay
from testbed import processes

STOPPED = 40.0  # seconds: longer than a Lease lasts and than its holder may write
DOWN = 25.0 if DEEP else 5.0
TRAINS = 20  # seconds
_ends: list[End] = []  # one, which all come to


def undisturbed(cluster: Cluster) -> End:
    space = Space(cluster, "t-undisturbed-outages")
    line = UnderWay(space)
    line.begin(TRAINS)
    line.let_go(2)
    line.finish()
    end = line.end()
    cluster.kubectl("delete", "namespace", space.name, "--wait=false")
    return end


def check_end(line: UnderWay, asked: Asked) -> None:
    """Nothing was made twice, and all is as it had been without the fault; in the short form, as it was with another one."""
    assert asked.made_twice(line.namespace) == []
    if not _ends:
        _ends.append(undisturbed(line.cluster) if DEEP else line.end())
    wait_same(line.cluster, line.namespace, _ends[0])


def test_a_leader_that_is_stopped_writes_nothing_when_it_goes_on(space: Space) -> None:
    cluster, line, asked = space.cluster, UnderWay(space), Asked(space.cluster)
    with leaders.two_operators(cluster):
        line.begin(TRAINS)
        load = line.load()
        stopped = leaders.leader(cluster)
        leaders.send(cluster, stopped, "SIGSTOP")
        began = time.time()
        leaders.takeover(asked, began, stopped)
        line.let_go(2)
        wait_for("the first leader to have stood still for long", lambda: time.time() > began + STOPPED or None)
        goes_on = time.time()
        leaders.send(cluster, stopped, "SIGCONT")
        wait_for(f"{stopped} to end", lambda: leaders.container_of(cluster, stopped)["restartCount"] or None)
        assert dig(leaders.container_of(cluster, stopped), "lastState.terminated.exitCode") == 2
        assert [one for one in asked.writes() if one.pod == stopped and one.at > began + 1 and one.code < 400] == []
        line.finish()
        stop_in_order(cluster, asked)
        if DEEP:
            crash(cluster, asked)
    check_end(line, asked)
    assert load.stop()["failed"] == 0
    tell(f"the first leader stood still for {goes_on - began:.0f} s")


def stop_in_order(cluster: Cluster, asked: Asked) -> None:
    """The next one leads as soon as the first has given up the Lease; nothing but that is written."""
    wait_for("both operators to be ready", lambda: operator_pods_ready(cluster) == 2 or None)
    began, first = time.time(), leaders.leader(cluster)
    cluster.kubectl("-n", operator.NAMESPACE, "delete", "pod", first, "--wait=false")
    leaders.takeover(asked, began, first)
    assert [one for one in asked.writes() if one.at > began and one.resource != "leases"] == []


def crash(cluster: Cluster, asked: Asked) -> None:
    wait_for("both operators to be ready", lambda: operator_pods_ready(cluster) == 2 or None)
    first = leaders.leader(cluster)
    leaders.send(cluster, first, "SIGKILL")
    began = time.time()
    leaders.takeover(asked, began + 1)


def operator_pods_ready(cluster: Cluster) -> int:
    return int(dig(cluster.get("deployment", "millrace", operator.NAMESPACE), "status.readyReplicas", 0))


def test_the_control_plane_restarts_amid_a_canary(space: Space) -> None:
    line, asked = UnderWay(space), Asked(space.cluster)
    line.begin(TRAINS)
    load, pods = line.load(), line.pods()
    for component in ("kube-apiserver", "etcd"):
        restart(space.cluster, component)
        wait_for("the operator to be ready", lambda: operator_pods_ready(space.cluster) == 1 or None)
    assert {name: told for name, told in line.pods().items() if name in pods} == pods
    line.let_go(2)
    line.finish()
    check_end(line, asked)
    assert load.stop()["failed"] == 0


def restart(cluster: Cluster, component: str) -> None:
    one = testbed.cluster.load(cluster.name)
    processes.stop(one.paths.root, component)
    began = time.monotonic()
    wait_for(f"{component} to be away for a while", lambda: time.monotonic() - began > DOWN or None)
    cluster.testbed("up")
