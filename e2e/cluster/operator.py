"""The operator in the cluster: installed by the chart, killed on purpose."""

from __future__ import annotations

import shutil
import subprocess
import sys

from cluster import kind
from cluster.kubectl import E2E, Cluster, environment, names
from cluster.waits import wait_for
from testbed.chart import image_values
from testbed.recipes import recipe
from testbed.tools import ensure_tool

NAMESPACE = "millrace-system"
SELECTOR = "app.kubernetes.io/component=operator"


def install(cluster: Cluster, images: tuple[str, ...] = ("pause", "base", "fetcher", "operator", "sklearn")) -> None:
    """The operator by its chart. The testbed and kind get images built from this checkout; another cluster pulls those that the
    chart names."""
    if not cluster.local:
        return _install_elsewhere(cluster, images)
    base = [sys.executable, "-m", "testbed"]
    subprocess.run([*base, "build-images", *images], cwd=E2E, env=environment(), check=True)
    load = [image for image in images if image != "base"]
    subprocess.run([*base, "load-image", "--name", cluster.name, *load], cwd=E2E, env=environment(), check=True)
    subprocess.run([*base, "install", "--name", cluster.name], cwd=E2E, env=environment(), check=True)


def _install_elsewhere(cluster: Cluster, images: tuple[str, ...]) -> None:
    values: list[str] = []
    if cluster.kind:
        kind.load(cluster.name, [image for image in images if image != "pause"])
        values = image_values(recipe("operator").reference, recipe("fetcher").reference)
    helm = shutil.which("helm") or str(ensure_tool("helm") / "helm")
    chart = str(E2E.parent / "charts/millrace")
    sets = [word for value in values for word in ("--set", value)]
    print("helm upgrade --install millrace: waiting for the operator", flush=True)
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
