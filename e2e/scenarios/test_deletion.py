"""Versions that are deleted: one that serves waits and says why; with deletionPolicy: Delete the bytes go along, and those of others stay."""

from __future__ import annotations

import json

import pytest

from cluster import wait_for
from cluster.kubectl import condition, dig
from scenarios import light
from scenarios.conftest import Space
from scenarios.light import JOB, NAME, SERVICE, VERSION


def gone(space: Space, name: str) -> None:
    wait_for(f"{name} to be gone", lambda: space.cluster.get(VERSION, name, space.name) is None or None, 120)


def test_a_version_that_serves_waits(space: Space) -> None:
    if not space.cluster.local:
        pytest.skip("looks into the folder behind a claim: only the testbed's cluster has it here")
    cluster, ns = space.cluster, space.name
    (space.claim("data") / "train.csv").write_text("a,b\n1,2\n")
    store = space.claim("models")
    cluster.apply(light.training_job(ns, {"n": "1"}), light.inference_service(ns))
    light.wait_settled(cluster, ns, SERVICE, NAME)

    cluster.kubectl("-n", ns, "delete", VERSION, f"{NAME}-v1", "--wait=false")
    told = wait_for("the version to say why it waits", lambda: waiting(space))
    assert f"InferenceService {NAME}" in condition(told, "Ready")["message"]
    events = cluster.kubectl("-n", ns, "get", "events", "-o", "custom-columns=:.reason,:.message")
    assert "InUse" in events
    assert dig(cluster.get(SERVICE, NAME, ns), "status.phase") == "Serving"
    cluster.kubectl("-n", ns, "delete", SERVICE, NAME)
    gone(space, f"{NAME}-v1")

    kept = {path for path in store.rglob("*") if path.is_file()}
    assert any("sha256" in str(path) for path in kept), "the bytes of a version with Retain stay"
    cluster.apply(light.training_job(ns, {"n": "2"}))
    job = light.wait_settled(cluster, ns, JOB, NAME)
    assert dig(job, "status.settled.version") == f"{NAME}-v2"
    artifact = dig(cluster.get(VERSION, f"{NAME}-v2", ns), "spec.artifact.uri")
    folder = store / artifact.removeprefix("pvc://models/")
    assert folder.is_dir()
    cluster.kubectl("-n", ns, "patch", VERSION, f"{NAME}-v2", "--type=merge", "-p", json.dumps({"spec": {"deletionPolicy": "Delete"}}))
    cluster.kubectl("-n", ns, "delete", VERSION, f"{NAME}-v2", "--wait=false")
    gone(space, f"{NAME}-v2")
    assert not folder.exists()
    assert list(folder.parent.glob(f"{folder.name}*")) == [], "nor its manifest"
    assert kept <= set(store.rglob("*"))


def waiting(space: Space) -> dict[str, object] | None:
    found = space.cluster.get(VERSION, f"{NAME}-v1", space.name)
    return found if condition(found, "Ready").get("reason") == "InUse" else None
