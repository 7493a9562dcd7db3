"""Objects at the edge of what an API server stores: a megabyte, more than a megabyte, bytes that are not UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster
from cluster.kubectl import KubectlError, condition, dig
from scenarios.bad_input.scene import JOBS, Scene, message
from scenarios.manifests import shell, training_job

NAMESPACE = "odd-objects"
ARGUMENT = 16384  # the longest that the schema allows
MAKES_MODEL = "mkdir -p /millrace/output/model; echo $# > /millrace/output/model/model.bin"
PATH = f"/apis/millrace.dev/v1alpha1/namespaces/{NAMESPACE}/trainingjobs"


def with_arguments(name: str, count: int, **spec: Any) -> dict[str, Any]:
    train = shell(MAKES_MODEL) | {"args": ["sh", *("x" * ARGUMENT for _ in range(count))]}
    return training_job(NAMESPACE, name, data=[], train=train, **spec)


def create(scene: Scene, document: dict[str, Any]) -> None:
    """Without the copy of itself that `apply` puts into an annotation."""
    scene.cluster.kubectl("create", "-f", "-", stdin=json.dumps(document))


@pytest.fixture(scope="module")
def scene(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(cluster, NAMESPACE)
    scene.claim("models")
    scene.add_healthy()
    create(scene, with_arguments("megabyte", 64))
    # Parameters stand several times in what is made of them: it grows over the limit that the object itself keeps.
    create(scene, with_arguments("grows", 85, parameters={f"p{n}": "x" * 1024 for n in range(64)}))
    odd = training_job(NAMESPACE, "odd", data=[], train=shell(MAKES_MODEL))
    odd["metadata"]["annotations"] = {"team": "BYTES"}
    file: Path = tmp_path_factory.mktemp("odd") / "odd.json"
    file.write_bytes(json.dumps(odd).encode().replace(b"BYTES", b"\xff\xfe caf\xe9"))
    cluster.kubectl("create", "--raw", PATH, "-f", str(file))
    yield scene
    scene.close()


def test_object_of_a_megabyte(scene: Scene) -> None:
    done = scene.recorders[JOBS].until("megabyte", "its end", lambda job: dig(job, "status.result"))
    assert len(json.dumps(done)) > 1 << 20
    assert dig(done, "status.result") == "VersionReady", message(done)
    model = dig(done, "status.modelVersion")
    assert model == "megabyte-v1"


def test_object_that_is_too_large(scene: Scene) -> None:
    with pytest.raises(KubectlError, match="too large"):
        create(scene, with_arguments("over", 120))
    assert scene.cluster.get(JOBS, "over", NAMESPACE) is None


def test_child_that_is_too_large(scene: Scene) -> None:
    told = scene.until(JOBS, "grows", "Stalled", "True", "TooLarge")
    assert "Job grows-r1-a1 has " in message(told)
    assert "bytes; allowed are usually 1572864; the API server says: " in message(told)
    assert condition(told, "Settled")["status"] == "True"
    assert scene.children("jobs", "grows") == []


def test_annotation_that_is_not_utf8(scene: Scene) -> None:
    """The API server stores the replacement character in its place, and the job runs like any other."""
    done = scene.recorders[JOBS].until("odd", "its end", lambda job: dig(job, "status.result"))
    assert dig(done, "metadata.annotations.team") == "\ufffd\ufffd caf\ufffd"
    assert dig(done, "status.result") == "VersionReady", message(done)


def test_others_go_on(scene: Scene) -> None:
    scene.expect_healthy()
