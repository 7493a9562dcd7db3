"""Two operators of the chart in the cluster, of which one leads: which one, and how it is stopped for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cluster import operator, wait_for
from cluster.audit import Request
from cluster.kubectl import Cluster, Object, dig
from cluster.progress import tell
from scenarios.faults.behind import Asked
from testbed.paths import cluster_paths


@contextmanager
def two_operators(cluster: Cluster) -> Iterator[None]:
    operator.upgrade(cluster, "replicas=2")
    try:
        yield
    finally:
        operator.upgrade(cluster)


def leader(cluster: Cluster) -> str:
    """The pod that holds the Lease; empty while nobody does."""
    return str(dig(cluster.get("lease", operator.LEASE, operator.NAMESPACE), "spec.holderIdentity")).split("_")[0]


def send(cluster: Cluster, pod: str, signal: str) -> None:
    """To the operator's process in the pod."""
    container = container_of(cluster, pod)["containerID"].split("//")[-1]
    socket = str(cluster_paths(cluster.name).containerd_socket)
    cluster.run("ctr", "-a", socket, "-n", "k8s.io", "tasks", "kill", "-s", signal, container)


def container_of(cluster: Cluster, pod: str) -> Object:
    status: Object = dig(cluster.get("pod", pod, operator.NAMESPACE), "status.containerStatuses")[0]
    return status


def takeover(asked: Asked, since: float, without: str = "") -> Request:
    """The first time after `since` that the Lease was had by a pod other than `without`."""

    def taken() -> Request | None:
        renewals = [one for one in asked.all(operator.NAMESPACE) if one.what == "update leases" and one.code == 200 and one.pod != without]
        return next((one for one in renewals if one.at > since), None)

    found = wait_for("another operator to lead", taken, 60)
    tell(f"{found.pod} leads {found.at - since:.1f} s later")
    return found
