"""Specs that name what is not there: a condition says which object, and nothing is begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Cluster
from cluster.kubectl import condition, dig
from scenarios.bad_input.scene import JOBS, SERVICES, VERSIONS, Scene, message
from scenarios.manifests import inference_service, model_version, shell, training_job

NAMESPACE = "bad-references"


def from_web(**others: Any) -> dict[str, Any]:
    return {"data": [{"name": "train", "uri": "https://data.example.org/train.csv"} | others]}


def with_secret_in_env() -> dict[str, Any]:
    step = shell("true")
    step["env"] = [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "absent-secret", "key": "password"}}}]
    return {"data": [], "train": step}


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    scene = Scene(cluster, NAMESPACE)
    models = scene.claim("models")
    (models / "m").mkdir()
    (models / "m" / "model.bin").write_bytes(b"model")
    scene.add_healthy()
    cluster.apply(
        training_job(NAMESPACE, "no-claim", data=[{"name": "train", "uri": "pvc://absent-claim/train.csv"}]),
        training_job(NAMESPACE, "no-store", data=[], output={"format": "sklearn", "store": {"pvc": {"claimName": "absent-store"}}}),
        training_job(NAMESPACE, "no-data", data=[{"name": "train", "uri": "pvc://data/absent/train.csv"}]),
        training_job(NAMESPACE, "no-secret", **from_web(secretName="absent-secret")),
        training_job(NAMESPACE, "no-secret-in-env", **with_secret_in_env()),
        model_version(NAMESPACE, "no-claim-v1", artifact=artifact("pvc://absent-claim/m")),
        model_version(NAMESPACE, "no-bytes-v1", artifact=artifact("pvc://models/absent")),
        inference_service(NAMESPACE, "no-version", version={"policy": "Pinned", "name": "absent-v1"}),
        inference_service(NAMESPACE, "no-versions"),
        inference_service(NAMESPACE, "rejected-version", model="m", version={"policy": "Pinned", "name": "no-bytes-v1"}),
    )
    yield scene
    scene.close()


def artifact(uri: str) -> dict[str, Any]:
    return {"uri": uri, "digest": "sha256:" + "0" * 64, "format": "sklearn"}


@pytest.mark.parametrize(("name", "claim"), [("no-claim", "absent-claim"), ("no-store", "absent-store")])
def test_missing_claim_of_a_job(scene: Scene, name: str, claim: str) -> None:
    job = scene.until(JOBS, name, "Accepted", "False", "ClaimNotFound")
    assert message(job) == f"PersistentVolumeClaim {claim} does not exist in namespace {NAMESPACE}"
    assert dig(job, "status.phase") == "Pending"
    assert condition(job, "Reconciling")["status"] == "True", "it goes on when the claim is made"
    assert scene.children("jobs", name) == []


def test_missing_data(scene: Scene) -> None:
    job = scene.until(JOBS, "no-data", "Stalled", "True", "ResolveFailed")
    assert "NotFound: train: pvc://data/absent/train.csv is not there" in message(job)
    assert condition(job, "DataReady")["status"] == "False"
    assert condition(job, "Settled")["status"] == "True"
    assert dig(job, "status.result") == "Failed"
    assert dig(job, "status.run.number", 0) == 0, "no run begins without data"


def test_missing_secret_of_a_source(scene: Scene) -> None:
    """The operator has no right to look: the resolver tells. The Secret may come yet, so it is tried again."""
    job = scene.until(JOBS, "no-secret", "DataReady", "False", "ResolveFailed")
    assert "train: the Secret absent-secret is absent or empty; next try at " in message(job)
    assert dig(job, "status.phase") == "ResolvingData"
    assert dig(job, "status.run.number", 0) == 0


def test_missing_secret_of_a_step(scene: Scene) -> None:
    """The state of the pod tells; when the deadline is over, the run ends with the same words."""
    job = scene.until(JOBS, "no-secret-in-env", "Stalled", "True", "ConfigMissing")
    assert 'secret "absent-secret" not found' in message(job)
    scene.end_wait("no-secret-in-env")
    done = scene.until(JOBS, "no-secret-in-env", "Succeeded", "False", "PendingDeadline")
    assert "deadlines.pending" in message(done)
    assert 'secret "absent-secret" not found' in message(done)


def test_missing_claim_of_a_version(scene: Scene) -> None:
    version = scene.until(VERSIONS, "no-claim-v1", "Accepted", "False", "ClaimNotFound")
    assert "absent-claim" in message(version)
    assert scene.children("jobs", "no-claim-v1") == []


def test_missing_bytes_of_a_version(scene: Scene) -> None:
    version = scene.until(VERSIONS, "no-bytes-v1", "Stalled", "True", "NotFound")
    assert "pvc://models/absent is not there" in message(version)
    assert (dig(version, "status.phase"), dig(version, "status.result")) == ("Rejected", "Rejected")


def test_missing_version(scene: Scene) -> None:
    service = scene.until(SERVICES, "no-version", "Accepted", "False", "ModelVersionNotFound")
    assert message(service) == "spec.version.name: ModelVersion absent-v1 does not exist"
    assert scene.children("deployments", "no-version") == []


def test_no_version_yet(scene: Scene) -> None:
    service = scene.until(SERVICES, "no-versions", "Accepted", "False", "ModelVersionNotFound")
    assert "no version of model no-versions" in message(service)
    assert condition(service, "Available")["status"] == "False"


def test_pinned_to_a_rejected_version(scene: Scene) -> None:
    service = scene.until(SERVICES, "rejected-version", "Stalled", "True", "VersionRejected")
    assert message(service).startswith("ModelVersion no-bytes-v1 is rejected: pvc://models/absent is not there")
    assert scene.children("deployments", "rejected-version") == []


def test_others_go_on(scene: Scene) -> None:
    scene.expect_healthy()
