"""What is left of a story in a namespace, without what differs each time: two ends are equal or told apart by path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cluster import Timeout, wait_for
from cluster.audit import Request
from cluster.kubectl import Cluster, Object, dig

KINDS = (
    "trainingjobs.millrace.dev",
    "modelversions.millrace.dev",
    "inferenceservices.millrace.dev",
    "jobs.batch",
    "controllerrevisions.apps",
    "deployments.apps",
    "services",
    "poddisruptionbudgets.policy",
    "httproutes.gateway.networking.k8s.io",
)
OURS = ("trainingjobs.millrace.dev", "modelversions.millrace.dev", "inferenceservices.millrace.dev")
RESOLVERS = "!millrace.dev/resolve"  # they go by themselves a minute after their end
# Of one object and one moment: identities, addresses, versions, counts of writes.
_ONCE = {
    "uid",
    "resourceVersion",
    "generation",
    "observedGeneration",
    "managedFields",
    "creationTimestamp",
    "clusterIP",
    "clusterIPs",
    "controller-uid",
    "batch.kubernetes.io/controller-uid",
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
    "millrace.dev/applied",  # a hash over the owner's uid, too
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPAN = re.compile(r"\b(\d+(ms|[smh]))+\b")

End = dict[str, Any]


def end_of(cluster: Cluster, namespace: str) -> End:
    """By kind and name."""
    found = [(kind, one) for kind in KINDS for one in cluster.list(kind, namespace, RESOLVERS)]
    return {f"{kind}/{one['metadata']['name']}": timeless(whole(kind, one), namespace) for kind, one in found}


def whole(kind: str, one: Object) -> Object:
    """The status of Kubernetes' own kinds is Kubernetes' own."""
    meta = {key: value for key, value in one["metadata"].items() if key != "name"}
    return {**one, "metadata": meta, "status": dig(one, "status", None) if kind in OURS else None}


def timeless(value: Any, namespace: str) -> Any:
    if isinstance(value, dict):
        return {key: timeless(one, namespace) for key, one in value.items() if key not in _ONCE}
    if isinstance(value, list):
        return [timeless(one, namespace) for one in value]
    if not isinstance(value, str):
        return value
    return _SPAN.sub("<span>", _UID.sub("<uid>", _TIME.sub("<time>", value.replace(namespace, "<namespace>"))))


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for n, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{n}]")
    elif one != other:
        yield f"{path}: {one!r} is {other!r}"


def wait_same(cluster: Cluster, namespace: str, wanted: End, seconds: float = 60) -> None:
    """What is left comes to be `wanted`."""
    try:
        wait_for("the same end", lambda: not list(differences(wanted, end_of(cluster, namespace))) or None, seconds)
    except Timeout:
        told = list(differences(wanted, end_of(cluster, namespace)))
        raise AssertionError("\n".join(["the end is another one:", *told[:30]])) from None


def made_twice(made: Iterable[Request], expired: Iterable[Request]) -> list[str]:
    """Objects that came to be again though the cluster had not taken them away."""
    names = [f"{request.resource}/{request.name}" for request in made if request.made and request.resource != "events"]
    gone = [f"{request.resource}/{request.name}" for request in expired]
    return sorted({name for name in names if names.count(name) > 1 + gone.count(name)})
