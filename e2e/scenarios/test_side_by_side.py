"""KServe's CRD beside ours: same kind, another group, another short name; neither hides the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Cluster, wait_for
from cluster.kubectl import condition, dig
from scenarios import light
from scenarios.conftest import Space
from scenarios.light import SERVICE

THEIRS = "inferenceservices.serving.kserve.io"
NAMES = {"plural": "inferenceservices", "singular": "inferenceservice", "kind": "InferenceService", "listKind": "InferenceServiceList"}
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def their_crd() -> dict[str, Any]:
    version = {
        "name": "v1beta1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": ANYTHING},
        "subresources": {"status": {}},
    }
    spec = {"group": "serving.kserve.io", "scope": "Namespaced", "names": NAMES | {"shortNames": ["isvc"]}, "versions": [version]}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": THEIRS}, "spec": spec}


@pytest.fixture
def kserve(cluster: Cluster) -> Iterator[None]:
    """Their CRD, where KServe is not installed already."""
    there = cluster.run("kubectl", "get", "crd", THEIRS, check=False).returncode == 0
    if there:
        pytest.skip("KServe is installed: its webhooks decide what may be made of its kind")
    cluster.apply(their_crd())
    cluster.kubectl("wait", f"crd/{THEIRS}", "--for=condition=Established", "--timeout=30s")
    yield
    cluster.kubectl("delete", "crd", THEIRS)


def names_in(space: Space, what: str) -> list[str]:
    return space.cluster.kubectl("-n", space.name, "get", what, "-o", "name").split()


@pytest.mark.usefixtures("kserve")
def test_both_are_told_apart(space: Space) -> None:
    cluster = space.cluster
    theirs: dict[str, Any] = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "line", "namespace": space.name},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}},
    }
    # KServe makes a Service of the service's own name.
    outside = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "line", "namespace": space.name},
        "spec": {"type": "ExternalName", "externalName": "gateway.example.org"},
    }
    cluster.apply(theirs, outside, light.inference_service(space.name))
    ours = wait_for("our operator to see ours", lambda: told(space))
    before = [cluster.get(THEIRS, "line", space.name), cluster.get("service", "line", space.name)]

    for crd, short in ((THEIRS, "isvc"), (SERVICE, "mlis")):
        found = cluster.get("crd", crd, "default")
        assert condition(found, "NamesAccepted")["status"] == "True"
        assert dig(found, "status.acceptedNames.shortNames") == [short]
        assert names_in(space, short) == names_in(space, crd) == [f"{crd.replace('services', 'service', 1)}/line"]
    assert dig(ours, "status.phase") == "Pending"  # no version of the model yet
    assert f"{SERVICE.replace('services', 'service', 1)}/line" in names_in(space, "ml")

    cluster.kubectl("-n", space.name, "delete", SERVICE, "line")
    wait_for("our entry to go", lambda: not cluster.get("service", "line-predict", space.name))
    assert [cluster.get(THEIRS, "line", space.name), cluster.get("service", "line", space.name)] == before


def told(space: Space) -> dict[str, Any] | None:
    ours = space.cluster.get(SERVICE, "line", space.name)
    entry = space.cluster.get("service", "line-predict", space.name)
    return ours if entry and dig(ours, "status.phase") else None
