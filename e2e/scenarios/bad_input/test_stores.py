"""Bytes that are not what a version's digest says: told with both digests, and never served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster import Cluster
from cluster.kubectl import condition, dig
from scenarios.bad_input.scene import SERVICES, VERSIONS, Scene, message
from scenarios.bad_input.servable import service, version, write_model

NAMESPACE = "bad-stores"
WRONG = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    scene = Scene(cluster, NAMESPACE)
    digest = write_model(scene.claim("models") / "m")
    scene.add_healthy()
    cluster.apply(
        version(NAMESPACE, 1, digest),
        version(NAMESPACE, 2, WRONG),
        service(NAMESPACE, "served"),
        service(NAMESPACE, "refused", number=2),
    )
    yield scene
    scene.close()


def test_version_with_a_wrong_digest(scene: Scene) -> None:
    refused = scene.until(VERSIONS, "m-v2", "Stalled", "True", "DigestMismatch")
    assert (dig(refused, "status.phase"), dig(refused, "status.result")) == ("Rejected", "Rejected")
    good = scene.until(VERSIONS, "m-v1", "Verified", "True", "Verified")
    for digest in (WRONG, dig(good, "spec.artifact.digest")):
        assert digest in message(refused)
    service = scene.until(SERVICES, "refused", "Stalled", "True", "VersionRejected")
    assert message(service).startswith("ModelVersion m-v2 is rejected: ")
    assert scene.children("deployments", "refused") == []


def test_served_version_whose_bytes_changed(scene: Scene) -> None:
    """The pods that run keep the bytes they have; one that starts anew refuses what it finds, until the bytes are right again."""
    scene.until(SERVICES, "served", "Settled", "True", "Serving")
    digest = dig(scene.recorders[VERSIONS].history("m-v1")[-1], "spec.artifact.digest")
    file = scene.folders["models"] / "m" / "model.bin"
    before = file.read_text()
    file.write_text("changed")
    pods = scene.cluster.list("pods", NAMESPACE, "millrace.dev/inference-service=served")
    scene.cluster.kubectl("-n", NAMESPACE, "delete", "pod", pods[0]["metadata"]["name"], "--force", "--grace-period=0")

    told = scene.recorders[SERVICES].until("served", "the mismatch is told", lambda s: dig(s, "status.phase") == "Degraded" and digest in message(s))
    assert message(told).startswith("no pod of m-v1 is ready: the bytes are sha256:")
    assert condition(told, "Available")["status"] == "False"

    file.write_text(before)
    scene.recorders[SERVICES].until("served", "it answers again", lambda s: condition(s, "Available")["status"] == "True", after=told)


def test_others_go_on(scene: Scene) -> None:
    scene.expect_healthy()
