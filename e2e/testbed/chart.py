"""Installing the operator by its chart."""

from __future__ import annotations

import json
from collections.abc import Sequence

from testbed import images
from testbed.cluster import Cluster
from testbed.paths import CHECKOUT
from testbed.shell import TestbedError, run, step, wait_for
from testbed.tools import ensure_tool

NAMESPACE = "millrace-system"
RELEASE = "millrace"
READY_SECONDS = 180.0


def image_values(operator: str, fetcher: str) -> list[str]:
    """The chart's contract: image.repository, image.tag, fetcher.image, image.pullPolicy."""
    repository, tag = operator.rsplit(":", 1)
    return [f"image.repository={repository}", f"image.tag={tag}", f"fetcher.image={fetcher}", "image.pullPolicy=IfNotPresent"]


def install(cluster: Cluster, values: Sequence[str], *, with_images: bool) -> None:
    """Loads the images, upgrades or installs the release, waits until its Deployments are rolled out."""
    chart = CHECKOUT / "charts" / "millrace"
    if not chart.exists():
        raise TestbedError("charts/millrace is not there")
    helm = ensure_tool("helm") / "helm"
    chosen = list(values)
    if with_images and cluster.nodes == "real":
        images.load(cluster.paths, ["fetcher", "operator"])
        chosen = [*image_values(images.references("operator")[-1], images.references("fetcher")[-1]), *chosen]
    sets = [word for value in chosen for word in ("--set", value)]
    argv = [str(helm), "upgrade", "--install", RELEASE, str(chart), "--namespace", NAMESPACE, "--create-namespace", *sets]
    with step(f"helm upgrade --install {RELEASE}"):
        run(cluster.inside(argv), env=cluster.environment())
    if cluster.nodes == "real":
        wait_for("the operator's Deployment", lambda: not pending(cluster), READY_SECONDS, why_not=lambda: why_not(cluster))


def pending(cluster: Cluster) -> list[str]:
    """Deployments of the release whose newest generation is not fully available, with their counts."""
    found = json.loads(cluster.kubectl("-n", NAMESPACE, "get", "deployments", "-o", "json"))["items"]
    return [line for deployment in found if (line := rollout(deployment))]


def rollout(deployment: dict[str, object]) -> str:
    """What a Deployment still waits for; empty when it is rolled out."""
    meta, spec, status = (dict(deployment.get(part) or {}) for part in ("metadata", "spec", "status"))  # type: ignore[call-overload]
    want = spec.get("replicas", 1)
    have = {key: status.get(key, 0) for key in ("updatedReplicas", "availableReplicas", "replicas")}
    if status.get("observedGeneration") == meta.get("generation") and all(count == want for count in have.values()):
        return ""
    return f"{meta.get('name')}: " + ", ".join(f"{count}/{want} {key}" for key, count in have.items())


def why_not(cluster: Cluster) -> str:
    pods = cluster.kubectl("-n", NAMESPACE, "get", "pods", "--no-headers")
    return "; ".join([*pending(cluster), *(" ".join(line.split()[:4]) for line in pods.splitlines())])
