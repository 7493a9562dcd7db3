"""What the API server refuses: its sentence names the path and what is allowed, and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Cluster
from scenarios.conftest import Space
from scenarios.manifests import inference_service, model_version, training_job

NAMESPACE = "bad-specs"


@pytest.fixture(scope="module")
def space(cluster: Cluster) -> Iterator[Space]:
    made = Space(cluster, NAMESPACE)
    yield made
    stored = cluster.kubectl("-n", NAMESPACE, "get", "millrace", "-o", "name")
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    assert stored == "", "what was refused was stored"


def step(**others: Any) -> dict[str, Any]:
    return {"image": "i", "command": ["c"]} | others


JOBS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown-framework": ({"framework": "Keras"}, ["spec.framework", '"Keras"', '"Plain"']),
    "zero-workers": ({"workers": 0}, ["spec.workers", "0", "greater than or equal to 1"]),
    "two-plain-workers": ({"workers": 2}, ["spec", "workers", "framework Plain runs exactly 1"]),
    "no-command": ({"train": {"image": "i"}}, ["spec.train.command", "Required"]),
    "name-of-a-parameter": ({"parameters": {"Max-Iter": "1"}}, ["spec", "parameters", "[a-z][a-z0-9_]*"]),
    "data-without-a-place": ({"data": [{"name": "train"}]}, ["spec.data[0]", "exactly one of uri and dvc"]),
    "data-in-two-places": (
        {"data": [{"name": "train", "uri": "pvc://data/a", "dvc": {"repo": "https://host/a", "path": "a"}}]},
        ["spec.data[0]", "exactly one of uri and dvc"],
    ),
    "secret-in-clear": (
        {"data": [{"name": "train", "dvc": {"repo": "http://host/a", "path": "a", "secretName": "s"}}]},
        ["spec.data[0].dvc", "http://host/a", "https://"],
    ),
    "poll-too-often": ({"data": [{"name": "train", "uri": "pvc://data/a", "pollInterval": "30s"}]}, ["spec.data[0]", "30s", "1m"]),
    "store-in-two-places": (
        {"output": {"format": "sklearn", "store": {"uri": "s3://models", "pvc": {"claimName": "models"}}}},
        ["spec.output.store", "exactly one of uri and pvc"],
    ),
    "budget-of-nonsense": ({"triggers": {"budget": {"runs": 0, "per": "168h"}}}, ["spec.triggers.budget.runs", "1"]),
    "cooldown-of-nonsense": ({"triggers": {"cooldown": "-1h"}}, ["spec.triggers.cooldown", "-1h"]),
    "unknown-scheme": ({"data": [{"name": "train", "uri": "ftp://host/file"}]}, ["spec.data[0].uri", "ftp://host/file", "pvc://", "https://"]),
    "path-that-climbs": ({"data": [{"name": "train", "uri": "pvc://data/../a"}]}, ["spec.data[0]", "uri", '".."']),
    "negative-backoff": ({"retry": {"backoff": "-5s"}}, ["spec.retry.backoff", "-5s"]),
    "unknown-field": ({"wokers": 1}, ['unknown field "spec.wokers"']),
    "model-over-the-limit": ({"model": "m" * 41}, ["spec.model", "40"]),
    "extended-resource": ({"evaluate": step(resources={"limits": {"nvidia.com/gpu": "1"}})}, ["evaluate.resources", "cpu, memory"]),
}


@pytest.mark.parametrize("case", JOBS)
def test_training_job(space: Space, case: str) -> None:
    spec, words = JOBS[case]
    expect_words(space.refused(training_job(space.name, **spec)), words)


def steps(*weights: int) -> dict[str, Any]:
    return {"rollout": {"steps": [{"weight": weight} for weight in weights]}}


SERVICES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown-runtime": ({"runtime": "Pmml"}, ["spec.runtime", '"Pmml"', '"Auto"', '"MLServer"']),
    "steps-that-fall": (steps(50, 20, 100), ["spec.rollout.steps", "greater than the one before"]),
    "steps-that-stay": (steps(50, 50, 100), ["spec.rollout.steps", "greater than the one before"]),
    "steps-that-end-early": (steps(50), ["spec.rollout.steps", "the last weight must be 100"]),
    "no-steps": (steps(), ["spec.rollout.steps", "at least 1"]),
    "weight-over-all": (steps(101), ["spec.rollout.steps[0].weight", "101", "less than or equal to 100"]),
    "weight-too-small": (steps(4, 100), ["spec.rollout.steps[]", "weights below 5", "spec.route.provider GatewayAPI"]),
    "no-replicas": ({"replicas": 0}, ["spec.replicas", "0", "greater than or equal to 1"]),
    "pinned-to-nothing": ({"version": {"policy": "Pinned"}}, ["spec.version", "name", "required with policy Pinned"]),
    "unknown-policy": ({"version": {"policy": "Newest"}}, ["spec.version.policy", '"Newest"', '"Latest"', '"Pinned"']),
}


@pytest.mark.parametrize("case", SERVICES)
def test_inference_service(space: Space, case: str) -> None:
    spec, words = SERVICES[case]
    expect_words(space.refused(inference_service(space.name, **spec)), words)


VERSIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "gate-without-a-bound": ({"gates": [{"metric": "a"}]}, ["spec.gates[0]", "min, max or champion is required"]),
    "gate-that-nothing-passes": ({"gates": [{"metric": "a", "min": "2", "max": "1"}]}, ["spec.gates[0]", "min must not be above max"]),
    "no-number": ({"version": 0}, ["spec.version", "0", "greater than or equal to 1"]),
    "digest-of-another-kind": (
        {"artifact": {"uri": "pvc://models/m", "digest": "md5:00", "format": "sklearn"}},
        ["spec.artifact.digest", "md5:00", "sha256:"],
    ),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_model_version(space: Space, case: str) -> None:
    spec, words = VERSIONS[case]
    expect_words(space.refused(model_version(space.name, "m-v1", **spec)), words)


@pytest.mark.parametrize(
    ("document", "most"),
    [
        (training_job(NAMESPACE, "a" * 41, model="m"), 40),
        (inference_service(NAMESPACE, "a" * 41, model="m"), 40),
        (model_version(NAMESPACE, "a" * 53), 52),
    ],
    ids=["job", "service", "version"],
)
def test_names_over_the_limit(space: Space, document: dict[str, Any], most: int) -> None:
    expect_words(space.refused(document), ["metadata.name", f"at most {most} characters"])


def expect_words(sentence: str, words: list[str]) -> None:
    print(sentence)
    assert [word for word in words if word not in sentence] == [], sentence
