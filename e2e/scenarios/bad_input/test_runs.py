"""Runs that cannot end well: the cause is told with its numbers, no version is made, nothing is left in the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Cluster
from cluster.kubectl import Object, condition, dig
from scenarios.bad_input.scene import JOBS, VERSIONS, Scene, message
from scenarios.manifests import shell, training_job

NAMESPACE = "bad-runs"
MODEL = "mkdir -p /millrace/output/model; echo model > /millrace/output/model/model.bin; cd /millrace/output; "
KEYS = """python -c 'import json; print(json.dumps({f"k{n}": n for n in range(10000)}))' > metrics.json"""


def run(script: str) -> dict[str, Any]:
    return {"train": shell(script)}


def image(reference: str) -> dict[str, Any]:
    step = shell(MODEL)
    step["image"] = reference
    return {"train": step}


def tiny_store() -> dict[str, Any]:
    output = {"format": "sklearn", "store": {"pvc": {"claimName": "tiny"}}, "uploadTimeout": "3s"}
    return run("mkdir -p /millrace/output/model; head -c 4194304 /dev/zero > /millrace/output/model/model.bin") | {"output": output}


BAD: dict[str, dict[str, Any]] = {
    "no-image": image("docker.io/millrace/absent:1"),
    "no-image-name": image("docker.io/Not A Name"),
    "no-model": run("true"),
    "text": run(MODEL + """echo '{"accuracy": "high"}' > metrics.json"""),
    "nan": run(MODEL + """echo '{"accuracy": NaN}' > metrics.json"""),
    "keys": run(MODEL + KEYS),
    "full-store": tiny_store(),
}


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    scene = Scene(cluster, NAMESPACE)
    scene.claim("models")
    scene.claim("tiny", "--tmpfs", "--size", "1Mi")
    scene.add_healthy()
    cluster.apply(*(training_job(NAMESPACE, name, data=[], retry={"limit": 0}, **spec) for name, spec in BAD.items()))
    yield scene
    scene.close()


@pytest.mark.parametrize(("name", "reason", "image"), [("no-image", "ImagePullFailed", "millrace/absent:1"), ("no-image-name", "ImageInvalid", "Not A Name")])
def test_image_that_cannot_be_pulled(scene: Scene, name: str, reason: str, image: str) -> None:
    """Told while it waits, since it may be pushed yet; when the deadline is over, the run ends with the same words."""
    waits = scene.until(JOBS, name, "Stalled", "True", reason)
    assert "container train" in message(waits)
    assert image in message(waits)
    scene.end_wait(name)
    failed = scene.until(JOBS, name, "Succeeded", "False", "PendingDeadline")
    assert "train did not start within 1s (deadlines.pending)" in message(failed)
    assert image in message(failed)
    expect_nothing_made(scene, failed)


def test_step_that_leaves_no_model(scene: Scene) -> None:
    failed = scene.until(JOBS, "no-model", "Succeeded", "False", "NoModel")
    assert "/millrace/output/model is no folder: the run wrote no model" in message(failed)
    expect_nothing_made(scene, failed)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text", "metrics.json: accuracy is 'high', wanted is a number"),
        ("nan", "metrics.json: accuracy is nan, wanted is a finite number"),
        ("keys", "metrics.json: more than 65536 bytes; allowed are 256 keys in 65536 bytes"),
    ],
)
def test_metrics(scene: Scene, name: str, words: str) -> None:
    failed = scene.until(JOBS, name, "Succeeded", "False", "BadMetrics")
    assert words in message(failed)
    expect_nothing_made(scene, failed)


def test_store_out_of_space(scene: Scene) -> None:
    failed = scene.until(JOBS, "full-store", "Succeeded", "False", "StoreFull")
    assert "spec.output.store cannot take it: model.bin: No space left on device" in message(failed)
    expect_nothing_made(scene, failed)
    left = [path for path in scene.folders["tiny"].rglob("*") if path.is_file() or path.name.startswith(".tmp-")]
    assert left == [], "what did not fit is taken away again"


def test_others_go_on(scene: Scene) -> None:
    scene.expect_healthy()


def expect_nothing_made(scene: Scene, job: Object) -> None:
    name = job["metadata"]["name"]
    assert dig(job, "status.result") == "Failed"
    assert condition(job, "Settled")["status"] == "True"
    assert condition(job, "Registered")["status"] == "False"
    assert scene.recorders[VERSIONS].history(f"{name}-v1") == []
    assert not (scene.folders["models"] / "store" / name / "sha256").exists()
    [attempt] = dig(job, "status.attempts")
    assert attempt["message"] in message(job)
