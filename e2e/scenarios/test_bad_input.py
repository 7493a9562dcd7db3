"""Bad input is refused with path, value and what is allowed, or shown as a condition; others go on."""

from __future__ import annotations

from typing import Any

import pytest

from cluster import wait_for
from cluster.kubectl import condition, dig
from scenarios.conftest import Space
from scenarios.manifests import inference_service, model_version, shell, training_job

REFUSED_JOBS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown framework": ({"framework": "Keras"}, ["spec.framework", "Keras", "Plain"]),
    "zero workers": ({"workers": 0}, ["spec.workers", "0", "1"]),
    "no command": ({"train": {"image": "x"}}, ["spec.train.command"]),
    "a parameter's name": ({"parameters": {"Max-Iter": "1"}}, ["parameters", "[a-z][a-z0-9_]*"]),
    "no data's uri": ({"data": [{"name": "train"}]}, ["spec.data[0].uri"]),
}


@pytest.mark.parametrize("case", REFUSED_JOBS)
def test_api_server_refuses_job(space: Space, case: str) -> None:
    spec, words = REFUSED_JOBS[case]
    sentence = space.refused(training_job(space.name, **spec))
    for word in words:
        assert word in sentence, sentence


REFUSED_SERVICES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown runtime": ({"runtime": "Pmml"}, ["spec.runtime", "Pmml", "MLServer"]),
    "steps that fall": ({"rollout": {"steps": [{"weight": 50}, {"weight": 20}, {"weight": 100}]}}, ["steps"]),
    "steps that end early": ({"rollout": {"steps": [{"weight": 50}]}}, ["steps", "100"]),
}


@pytest.mark.parametrize("case", REFUSED_SERVICES)
def test_api_server_refuses_service(space: Space, case: str) -> None:
    spec, words = REFUSED_SERVICES[case]
    sentence = space.refused(inference_service(space.name, **spec))
    for word in words:
        assert word in sentence, sentence


def test_names_over_the_limit(space: Space) -> None:
    assert "40" in space.refused(training_job(space.name, name="a" * 41, model="m"))
    assert "52" in space.refused(model_version(space.name, "a" * 53))


def test_missing_claim(space: Space) -> None:
    space.cluster.apply(training_job(space.name))

    def told() -> bool | None:
        job = space.cluster.get("trainingjobs.millrace.dev", "job", space.name)
        accepted = condition(job, "Accepted")
        return (accepted.get("status") == "False" and accepted["reason"] == "ClaimNotFound" and "data" in accepted["message"]) or None

    assert wait_for("Accepted=False/ClaimNotFound", told, 60)
    assert space.cluster.list("jobs", space.name) == []


def test_missing_data_in_the_claim(space: Space) -> None:
    space.claim("data")
    space.claim("models")
    space.cluster.apply(training_job(space.name))

    def told() -> str | None:
        job = space.cluster.get("trainingjobs.millrace.dev", "job", space.name)
        ready = condition(job, "DataReady")
        return str(ready["message"]) if ready.get("status") == "False" and ready["reason"] == "ResolveFailed" else None

    assert "train.csv" in wait_for("DataReady=False/ResolveFailed", told, 90)


def test_step_without_a_model(space: Space) -> None:
    (space.claim("data") / "train.csv").write_text("a,b\n1,2\n")
    space.claim("models")
    space.cluster.apply(training_job(space.name, train=shell("true"), retry={"limit": 0}))

    def told() -> str | None:
        job = space.cluster.get("trainingjobs.millrace.dev", "job", space.name)
        return str(dig(job, "status.message")) if dig(job, "status.phase") == "Failed" else None

    assert "model" in wait_for("phase Failed", told, 120)


def test_missing_model_version(space: Space) -> None:
    space.cluster.apply(inference_service(space.name, version={"policy": "Pinned", "name": "absent-v1"}))

    def told() -> str | None:
        service = space.cluster.get("inferenceservices.millrace.dev", "service", space.name)
        accepted = condition(service, "Accepted")
        return str(accepted["message"]) if accepted.get("reason") == "ModelVersionNotFound" else None

    assert "absent-v1" in wait_for("Accepted=False/ModelVersionNotFound", told, 60)


def test_taken_name_is_left_alone(space: Space) -> None:
    foreign = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "service-predict", "namespace": space.name},
        "spec": {"selector": {"app": "database"}, "ports": [{"port": 5432}]},
    }
    space.cluster.apply(foreign)
    before = space.cluster.get("service", "service-predict", space.name)
    (space.claim("models") / "m").mkdir()
    space.cluster.apply(inference_service(space.name, version={"policy": "Pinned", "name": "absent-v1"}))
    wait_for(
        "a status",
        lambda: dig(space.cluster.get("inferenceservices.millrace.dev", "service", space.name), "status.phase") or None,
    )
    assert space.cluster.get("service", "service-predict", space.name) == before


def test_quota_is_told_in_one_pass(space: Space) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-jobs", "namespace": space.name},
        "spec": {"hard": {"count/jobs.batch": "0"}},
    }
    (space.claim("data") / "train.csv").write_text("a,b\n1,2\n")
    space.claim("models")
    space.cluster.apply(quota)
    wait_for("the quota's status", lambda: dig(space.cluster.get("resourcequota", "no-jobs", space.name), "status.hard") or None)
    space.cluster.apply(training_job(space.name))

    def told() -> str | None:
        job = space.cluster.get("trainingjobs.millrace.dev", "job", space.name)
        return str(dig(job, "status.message")) if condition(job, "Stalled").get("status") == "True" else None

    assert "exceeded quota" in wait_for("Stalled with the server's sentence", told, 60)
