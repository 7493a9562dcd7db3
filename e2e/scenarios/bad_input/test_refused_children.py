"""Children that the API server refuses: its own sentence is what `kubectl get` shows, with the very next write of status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from cluster import Cluster, wait_for
from cluster.kubectl import Object, condition, dig
from scenarios.bad_input.scene import JOBS, SERVICES, VERSIONS, Scene, message
from scenarios.bad_input.servable import service, version, write_model
from scenarios.manifests import shell, training_job

GREEDY = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}


def quota(namespace: str, *resources: str) -> Object:
    hard = {f"count/{resource}": "0" for resource in resources}
    meta = {"name": "none", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard}}


def known_quota(scene: Scene) -> Object | None:
    """From now on it is enforced."""
    return dig(scene.cluster.get("resourcequota", "none", scene.name), "status.hard", None) or None


def restricted(namespace: str) -> Object:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}


def run(**step: Any) -> dict[str, Any]:
    return {"data": [], "train": shell("true") | step}


@pytest.fixture(scope="module")
def scenes(cluster: Cluster) -> Iterator[dict[str, Scene]]:
    """no-jobs, no-servers: quotas of nothing; restricted: by PodSecurity; invalid: by validation."""
    with ExitStack() as stack:
        scenes = {}
        for name in ("no-jobs", "no-servers", "restricted", "invalid"):
            scenes[name] = Scene(cluster, f"refused-{name}")
            stack.callback(scenes[name].close)
            digest = write_model(scenes[name].claim("models") / "m")
        no_jobs, no_servers, strict, invalid = (scene.name for scene in scenes.values())
        cluster.apply(quota(no_jobs, "jobs.batch", "services"), quota(no_servers, "deployments.apps"), restricted(strict))
        for scene in (scenes["no-jobs"], scenes["no-servers"]):
            wait_for("the quota's status", partial(known_quota, scene))
        scenes["invalid"].add_healthy()
        cluster.apply(
            training_job(no_jobs, "job", **run()),
            version(no_jobs, 1, digest),
            service(no_jobs, "service"),
            version(no_servers, 1, digest),
            service(no_servers, "service"),
            training_job(strict, "job", **run()),
            version(strict, 1, digest),
            service(strict, "service"),
            training_job(invalid, "job", **run(resources=GREEDY)),
            version(invalid, 1, digest),
            service(invalid, "service", container={"resources": GREEDY}),
        )
        yield scenes


def test_job_refused_by_quota(scenes: dict[str, Scene]) -> None:
    scene = scenes["no-jobs"]
    told = scene.until(JOBS, "job", "Stalled", "True", "QuotaExceeded")
    sentence = 'jobs.batch "job-r1-a1" is forbidden: exceeded quota: none, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0'
    expect_shown(scene, JOBS, told, sentence)
    expect_next_write(scene, JOBS, told, lambda before: dig(before, "status.run.job") == "job-r1-a1")
    assert condition(told, "Settled")["status"] == "False", "a quota may change"


def test_verification_refused_by_quota(scenes: dict[str, Scene]) -> None:
    told = scenes["no-jobs"].until(VERSIONS, "m-v1", "Stalled", "True", "QuotaExceeded")
    expect_shown(scenes["no-jobs"], VERSIONS, told, 'jobs.batch "m-v1-verify-1" is forbidden: exceeded quota: none')


def test_entry_refused_by_quota(scenes: dict[str, Scene]) -> None:
    scene = scenes["no-jobs"]
    told = scene.until(SERVICES, "service", "Stalled", "True", "QuotaExceeded")
    expect_shown(scene, SERVICES, told, 'services "service-predict" is forbidden: exceeded quota: none')
    assert scene.children("controllerrevisions", "service") == []


def test_deployment_refused_by_quota(scenes: dict[str, Scene]) -> None:
    scene = scenes["no-servers"]
    told = scene.until(SERVICES, "service", "Stalled", "True", "QuotaExceeded")
    expect_shown(scene, SERVICES, told, "is forbidden: exceeded quota: none, requested: count/deployments.apps=1")
    assert condition(told, "Available")["status"] == "False"


def test_pods_of_a_run_refused_by_pod_security(scenes: dict[str, Scene]) -> None:
    """The Job stands, its pods do not: the event of the Job's own controller tells."""
    scene = scenes["restricted"]
    told = scene.until(JOBS, "job", "Stalled", "True", "PodSecurity")
    expect_shown(scene, JOBS, told, 'violates PodSecurity "restricted:latest"')
    assert "runAsNonRoot" in message(told)


def test_pods_of_a_server_refused_by_pod_security(scenes: dict[str, Scene]) -> None:
    scene = scenes["restricted"]
    told = scene.recorders[SERVICES].until("service", "PodSecurity is told", lambda s: "violates PodSecurity" in message(s))
    expect_shown(scene, SERVICES, told, 'violates PodSecurity "restricted:latest"')
    assert condition(told, "Available")["status"] == "False"


def test_job_refused_as_invalid(scenes: dict[str, Scene]) -> None:
    scene = scenes["invalid"]
    told = scene.until(JOBS, "job", "Stalled", "True", "Invalid")
    expect_shown(scene, JOBS, told, 'Job.batch "job-r1-a1" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: "2"')
    assert "must be less than or equal to cpu limit of 1" in message(told)
    expect_next_write(scene, JOBS, told, lambda before: dig(before, "status.run.job") == "job-r1-a1")
    assert (dig(told, "status.phase"), dig(told, "status.result")) == ("Invalid", "Invalid")
    assert condition(told, "Settled")["status"] == "True"


def test_deployment_refused_as_invalid(scenes: dict[str, Scene]) -> None:
    scene = scenes["invalid"]
    told = scene.until(SERVICES, "service", "Stalled", "True", "Invalid")
    expect_shown(scene, SERVICES, told, "resources.requests: Invalid value")
    assert "must be less than or equal to cpu limit of 1" in message(told)
    assert condition(told, "Settled")["status"] == "True"


def test_others_go_on(scenes: dict[str, Scene]) -> None:
    scenes["invalid"].expect_healthy()


def expect_shown(scene: Scene, kind: str, told: Object, sentence: str) -> None:
    assert sentence in message(told)
    assert sentence in scene.shown(kind, told["metadata"]["name"])


def expect_next_write(scene: Scene, kind: str, told: Object, decided: Any) -> None:
    """Between the status that decides on the child and the one that tells its refusal there is no other."""
    history = scene.recorders[kind].history(told["metadata"]["name"])
    at = next(n for n, state in enumerate(history) if state["metadata"]["resourceVersion"] == told["metadata"]["resourceVersion"])
    first = next(n for n, state in enumerate(history) if decided(state))
    assert at - first <= 1, [message(state) for state in history[first:at]]
