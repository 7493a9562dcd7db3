"""The operator in the cluster: installed by the chart, killed on purpose."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from cluster import kind
from cluster.kubectl import E2E, Cluster, Object, dig, names
from cluster.progress import run_testbed, tell
from cluster.waits import wait_for
from testbed.chart import image_values
from testbed.extras import PROMETHEUS_PORT
from testbed.network import NODE_IP
from testbed.paths import cluster_paths
from testbed.recipes import recipe
from testbed.tools import ensure_tool

NAMESPACE = "millrace-system"
USER = f"system:serviceaccount:{NAMESPACE}:millrace"
SELECTOR = "app.kubernetes.io/component=operator"
LEASE = "millrace"
PROMETHEUS = f"http://{NODE_IP}:{PROMETHEUS_PORT}"
# The administrator's metrics sources on the testbed: Prometheus, and three at which only a scenario answers, if anybody.
METRICS_SOURCES = {"default": PROMETHEUS, **{name: f"http://{NODE_IP}:{port}" for name, port in (("slow", 9191), ("nan", 9192), ("down", 9193))}}


def install(cluster: Cluster, images: tuple[str, ...] = ("pause", "base", "fetcher", "operator", "sklearn")) -> None:
    """The operator by its chart. The testbed and kind get images built from this checkout; another cluster pulls those that the
    chart names."""
    if not cluster.local:
        return _install_elsewhere(cluster, images)
    run_testbed("build-images", *images)
    run_testbed("load-image", "--name", cluster.name, *(image for image in images if image != "base"))
    upgrade(cluster)


def upgrade(cluster: Cluster, *values: str) -> None:
    """By these values of the chart besides those of install()."""
    run_testbed("install", "--name", cluster.name, *(word for value in (*source_values(), *values) for word in ("--set", value)))


def source_values() -> list[str]:
    """The chart's: each source by its name."""
    return [f"metricsSources[{n}].{key}={value}" for n, (name, url) in enumerate(METRICS_SOURCES.items()) for key, value in (("name", name), ("url", url))]


def _install_elsewhere(cluster: Cluster, images: tuple[str, ...]) -> None:
    values: list[str] = []
    if cluster.kind:
        kind.load(cluster.name, [image for image in images if image != "pause"])
        values = image_values(recipe("operator").reference, recipe("fetcher").reference)
    helm = shutil.which("helm") or str(ensure_tool("helm") / "helm")
    chart = str(E2E.parent / "charts/millrace")
    sets = [word for value in values for word in ("--set", value)]
    tell("helm upgrade --install millrace: waiting for the operator")
    cluster.run(helm, "upgrade", "--install", "millrace", chart, "-n", NAMESPACE, "--create-namespace", "--wait", *sets)


def pods(cluster: Cluster) -> list[str]:
    return sorted(names(cluster.list("pods", NAMESPACE, SELECTOR)))


def kill(cluster: Cluster) -> str:
    """Kills the operator without grace and waits for its successor's pod to be ready."""
    before = set(pods(cluster))
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", "-l", SELECTOR, "--grace-period=0", "--force", check=False)
    wait_for("a new operator pod", lambda: set(pods(cluster)) - before or None)
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/millrace", "--timeout=60s")
    return sorted(set(pods(cluster)) - before)[0]


def running(cluster: Cluster) -> Object | None:
    """The operator's pod whose container runs, ready or not."""
    for pod in cluster.list("pods", NAMESPACE, SELECTOR):
        if any("running" in dig(status, "state", {}) for status in dig(pod, "status.containerStatuses", [])) and not dig(pod, "metadata.deletionTimestamp"):
            return pod
    return None


def crash(cluster: Cluster) -> None:
    """Ends the operator as a power cut does, where its process is at hand; elsewhere with the least grace that Kubernetes has."""
    pod = wait_for("the operator to run", lambda: running(cluster))
    name = str(pod["metadata"]["name"])
    holder = str(dig(cluster.get("lease", LEASE, NAMESPACE), "spec.holderIdentity"))
    if cluster.local:
        socket, container = cluster_paths(cluster.name).containerd_socket, pod["status"]["containerStatuses"][0]["containerID"].split("//")[-1]
        cluster.run("ctr", "-a", str(socket), "-n", "k8s.io", "tasks", "kill", "-s", "SIGKILL", container, check=False)
    # A new pod, since a container that is started again and again has to wait longer each time.
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", name, "--grace-period=0", "--force", "--wait=false", check=False)
    if cluster.local and holder.startswith(f"{name}_"):
        # The dead one's record only costs time; if somebody holds the Lease by now, the test refuses the patch.
        free = [{"op": "test", "path": "/spec/holderIdentity", "value": holder}, {"op": "replace", "path": "/spec/holderIdentity", "value": ""}]
        cluster.kubectl("-n", NAMESPACE, "patch", "lease", LEASE, "--type=json", "-p", json.dumps(free), check=False)


@contextmanager
def stopped(cluster: Cluster) -> Iterator[None]:
    """No operator runs inside."""
    scale = ("-n", NAMESPACE, "scale", "deployment/millrace")
    replicas = dig(cluster.get("deployment", "millrace", NAMESPACE), "spec.replicas", 1)
    cluster.kubectl(*scale, "--replicas=0")
    wait_for("the operator to stop", lambda: not pods(cluster))
    try:
        yield
    finally:
        cluster.kubectl(*scale, f"--replicas={replicas}")
