"""The operator in the cluster: installed by the chart, killed on purpose."""

from __future__ import annotations

import subprocess
import sys

from cluster.kubectl import E2E, Cluster, environment, names
from cluster.waits import wait_for

NAMESPACE = "millrace-system"
SELECTOR = "app.kubernetes.io/component=operator"


def install(cluster: Cluster, images: tuple[str, ...] = ("pause", "base", "fetcher", "operator", "sklearn")) -> None:
    """Builds and loads the images where the cluster is the testbed's own, then installs the chart."""
    if not cluster.local:
        subprocess.run(
            ["helm", "upgrade", "--install", "millrace", str(E2E.parent / "charts/millrace"), "-n", NAMESPACE,
             "--create-namespace", "--wait"],
            check=True,
        )  # fmt: skip
        return
    base = [sys.executable, "-m", "testbed"]
    subprocess.run([*base, "build-images", *images], cwd=E2E, env=environment(), check=True)
    load = [image for image in images if image != "base"]
    subprocess.run([*base, "load-image", "--name", cluster.name, *load], cwd=E2E, env=environment(), check=True)
    subprocess.run([*base, "install", "--name", cluster.name], cwd=E2E, env=environment(), check=True)


def pods(cluster: Cluster) -> list[str]:
    return sorted(names(cluster.list("pods", NAMESPACE, SELECTOR)))


def kill(cluster: Cluster) -> str:
    """Kills the operator without grace and waits for its successor's pod to be ready."""
    before = set(pods(cluster))
    cluster.kubectl("-n", NAMESPACE, "delete", "pod", "-l", SELECTOR, "--grace-period=0", "--force", check=False)
    wait_for("a new operator pod", lambda: set(pods(cluster)) - before or None)
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/millrace", "--timeout=60s")
    return sorted(set(pods(cluster)) - before)[0]
