"""The floor: the same children, made directly over the same number of connections, on a new cluster of the same kind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from bench import follow
from bench.objects import JSON, NAMESPACE, Object
from bench.world import World, say
from cluster.audit import Request

# What the server or a controller of the cluster fills in.
_METADATA = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences", "finalizers", "selfLink")
_OF_SERVICES = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")
_OF_JOBS = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")


@dataclass(frozen=True)
class Child:
    resource: str  # plural
    body: Object


@dataclass(frozen=True)
class Floor:
    seconds: float  # from the first request until all are ready
    written: float  # until the last was made
    server_cpu: float


def children(world: World, made: list[Request]) -> list[Child]:
    """What these requests made, as it is now, in their order, and fit to be made again."""
    there: dict[tuple[str, str], Object] = {}
    for resource in sorted({one.resource for one in made}):
        there |= {(resource, one["metadata"]["name"]): one for one in world.listed(resource)}
    return [Child(one.resource, bare(there[one.resource, one.name])) for one in made if (one.resource, one.name) in there]


def bare(found: Object) -> Object:
    metadata: dict[str, Any] = {key: value for key, value in found["metadata"].items() if key not in _METADATA}
    out = {key: value for key, value in found.items() if key != "status"} | {"metadata": metadata}
    if found["kind"] == "Service":
        out["spec"] = {key: value for key, value in found["spec"].items() if key not in _OF_SERVICES}
    if found["kind"] == "Job":
        spec = {key: value for key, value in found["spec"].items() if key != "selector"}
        labels = {key: value for key, value in spec["template"]["metadata"].get("labels", {}).items() if key not in _OF_JOBS}
        metadata["labels"] = {key: value for key, value in metadata.get("labels", {}).items() if key not in _OF_JOBS}
        out["spec"] = spec | {"template": spec["template"] | {"metadata": spec["template"]["metadata"] | {"labels": labels}}}
    return out


def post(child: Child) -> Object:
    version = child.body["apiVersion"]
    root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    return {"method": "POST", "path": f"{root}/namespaces/{NAMESPACE}/{child.resource}", "contentType": JSON, "body": child.body}


def measure(found: list[Child]) -> Floor:
    say(f"  the floor: {len(found)} children over the same connections …")
    world = World()
    try:
        began, cpu = time.monotonic(), world.server_cpu()
        world.press(post(one) for one in found)
        written = time.monotonic() - began
        for kind, resource in ((follow.DEPLOYMENTS, "deployments"), (follow.JOBS, "jobs")):
            names = {one.body["metadata"]["name"]: follow.READY for one in found if one.resource == resource}
            if names:
                world.follow(kind, names, 1800)
        return Floor(time.monotonic() - began, written, world.server_cpu() - cpu)
    finally:
        world.down()
