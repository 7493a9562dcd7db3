"""A child's name that belongs to somebody else: told, and not one byte of the foreign object changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Cluster, wait_for
from cluster.kubectl import Object, condition, dig
from scenarios.bad_input.scene import JOBS, SERVICES, VERSIONS, Scene, message
from scenarios.bad_input.servable import service, version, write_model
from scenarios.manifests import model_version, shell, training_job

NAMESPACE = "taken-names"
MAKES_MODEL = "mkdir -p /millrace/output/model; echo model > /millrace/output/model/model.bin"
POD: dict[str, Any] = {"restartPolicy": "Never", "containers": [{"name": "other", "image": "other", "imagePullPolicy": "Never"}]}


def foreign(api: str, kind: str, name: str, **others: Any) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}} | others


def foreign_service(name: str, **spec: Any) -> Object:
    return foreign("v1", "Service", name, spec={"ports": [{"name": "db", "port": 5432}]} | spec)


def foreign_job(name: str) -> Object:
    return foreign("batch/v1", "Job", name, spec={"suspend": True, "template": {"spec": POD}})


def foreign_deployment(name: str) -> Object:
    labels = {"app": "other"}
    template = {"metadata": {"labels": labels}, "spec": POD | {"restartPolicy": "Always"}}
    return foreign("apps/v1", "Deployment", name, spec={"replicas": 0, "selector": {"matchLabels": labels}, "template": template})


def is_at_rest(found: Object) -> bool:
    """Its own controller has written the last it has to say."""
    if found["kind"] == "Job":
        return condition(found, "Suspended").get("status") == "True"
    if found["kind"] == "Deployment":
        return condition(found, "Progressing").get("reason") == "NewReplicaSetAvailable"
    return True


class Taken(Scene):
    """Remembers each foreign object as it was before ours came."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, NAMESPACE)
        self.before: dict[tuple[str, str], Object] = {}
        self.revision = ""

    def put(self, *documents: Object) -> None:
        self.cluster.apply(*documents)
        for document in documents:
            kind, name = document["kind"], document["metadata"]["name"]

            def look(kind: str = kind, name: str = name) -> Object | None:
                found = self.cluster.get(kind, name, NAMESPACE)
                return found if found and is_at_rest(found) else None

            self.before[(kind, name)] = wait_for(f"{kind} {name} to be at rest", look, 60)

    def expect_untouched(self, kind: str, name: str) -> None:
        assert self.cluster.get(kind, name, NAMESPACE) == self.before[(kind, name)]


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Taken]:
    scene = Taken(cluster)
    digest = write_model(scene.claim("models") / "m")
    scene.add_healthy()
    cluster.apply(version(NAMESPACE, 1, digest), service(NAMESPACE, "scout"))
    scene.put(
        foreign_service("database-predict", selector={"app": "database"}),
        foreign_service("outside-predict"),
        foreign_service("named-predict", type="ExternalName", externalName="db.example.org"),
        foreign_job("resolver-resolve-1"),
        foreign_job("runner-r1-a1"),
        foreign_job("m-v2-verify-1"),
    )
    # A revision's name follows from what is served and how, not from the service: the scout tells it.
    deploying = scene.recorders[SERVICES].until("scout", "a first revision", lambda s: dig(s, "status.canary.revision"))
    scene.revision = dig(deploying, "status.canary.revision")
    scene.put(
        foreign_deployment(f"server-{scene.revision}"),
        foreign("apps/v1", "ControllerRevision", f"frozen-{scene.revision}", revision=1, data={"other": 1}),
        foreign("policy/v1", "PodDisruptionBudget", f"budget-{scene.revision}", spec={}),
    )
    cluster.apply(
        *(service(NAMESPACE, name) for name in ("database", "outside", "named", "server", "frozen")),
        service(NAMESPACE, "budget", replicas=2),
        version(NAMESPACE, 2, digest),
        model_version(NAMESPACE, "numbers-v1", model="numbers"),
        training_job(NAMESPACE, "resolver"),
        training_job(NAMESPACE, "runner", data=[]),
        training_job(NAMESPACE, "numbers", data=[], train=shell(MAKES_MODEL)),
    )
    yield scene
    scene.close()


@pytest.mark.parametrize("name", ["database", "outside", "named"])
def test_service(scene: Taken, name: str) -> None:
    """One that selects pods, one whose endpoints are kept by hand, one that is a name elsewhere."""
    told = scene.until(SERVICES, name, "Stalled", "True", "NameTaken")
    assert message(told) == f"Service {name}-predict exists already and is not controlled by {name}"
    assert condition(told, "Accepted")["status"] == "True", "the spec is not what is wrong"
    expect_nothing_begun(scene, name)
    scene.expect_untouched("Service", f"{name}-predict")


@pytest.mark.parametrize(("name", "child"), [("resolver", "resolver-resolve-1"), ("runner", "runner-r1-a1")])
def test_job_of_a_training_job(scene: Taken, name: str, child: str) -> None:
    told = scene.until(JOBS, name, "Stalled", "True", "NameTaken")
    assert message(told) == f"Job {child} exists already and is not controlled by {name}"
    assert scene.children("jobs", name) == []
    scene.expect_untouched("Job", child)


def test_job_of_a_version(scene: Taken) -> None:
    told = scene.until(VERSIONS, "m-v2", "Stalled", "True", "NameTaken")
    assert message(told) == "Job m-v2-verify-1 exists already and is not controlled by m-v2"
    assert condition(told, "Verified")["status"] == "False"
    scene.expect_untouched("Job", "m-v2-verify-1")


@pytest.mark.parametrize(("name", "kind"), [("server", "Deployment"), ("frozen", "ControllerRevision"), ("budget", "PodDisruptionBudget")])
def test_child_of_a_revision(scene: Taken, name: str, kind: str) -> None:
    told = scene.until(SERVICES, name, "Stalled", "True", "NameTaken")
    child = f"{name}-{scene.revision}"
    assert message(told) == f"{kind} {child} exists already and is not controlled by {name}"
    scene.expect_untouched(kind, child)


def test_version_of_a_run(scene: Taken) -> None:
    """A number that is taken is passed over: the run's version gets the next."""
    done = scene.recorders[JOBS].until("numbers", "its end", lambda job: dig(job, "status.result"))
    assert (dig(done, "status.result"), dig(done, "status.modelVersion")) == ("VersionReady", "numbers-v2")
    [untouched] = {dig(state, "metadata.generation") for state in scene.recorders[VERSIONS].history("numbers-v1")}
    assert untouched == 1


def test_others_go_on(scene: Taken) -> None:
    scene.expect_healthy()
    scene.until(SERVICES, "scout", "Settled", "True", "Serving")


def expect_nothing_begun(scene: Taken, name: str) -> None:
    for kind in ("services", "deployments", "controllerrevisions"):
        assert scene.children(kind, name) == []
