"""MLflow, read back by its own client: a run for each of ours and a version for each that is ready, once, also when the server was down for
a whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster.kubectl import condition, dig
from cluster.operator import kill
from scenarios import light
from scenarios.bad_input.scene import JOBS, VERSIONS
from scenarios.data.conftest import NAMESPACE, World
from scenarios.manifests import shell
from servers import DvcRepository, Mlflow

NAME = "tracked"


@pytest.fixture(scope="module")
def mlflow(world: World) -> Iterator[Mlflow]:
    made = Mlflow(world.cluster, NAMESPACE)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> DvcRepository:
    made = world.repository(NAME, tmp_path_factory.mktemp(NAME))
    made.commit_rows(["1,2,0"])
    return made


def train(world: World, mlflow: Mlflow, repository: DvcRepository, round: str) -> None:
    world.train(
        NAME,
        data=[{"name": "train", "dvc": repository.source(secretName="git")}],
        code={"repo": repository.url, "rev": "main", "secretName": "git"},
        train=shell(light.TRAIN),
        parameters={"round": round},
        tracking={"mlflow": {"uri": mlflow.url, "experiment": "rounds", "aliases": ["champion"]}},
    )


def wait_synced(world: World, number: int) -> None:
    world.recorders[VERSIONS].until(f"{NAME}-v{number}", "MLflow knows it", lambda v: condition(v, "RegistrySynced").get("status") == "True")


def test_run_and_version(world: World, mlflow: Mlflow, repository: DvcRepository) -> None:
    train(world, mlflow, repository, "1")
    wait_synced(world, 1)
    job, version = world.cluster.get(JOBS, NAME, NAMESPACE), world.cluster.get(VERSIONS, f"{NAME}-v1", NAMESPACE)
    [run] = mlflow.runs("rounds")
    assert (run["status"], run["parameters"], run["metrics"]) == ("FINISHED", {"round": "1"}, {"accuracy": 0.95})
    wanted = {
        "millrace.dev/run-id": f"{dig(job, 'metadata.uid')}-1",
        "millrace.dev/data.train": f"md5:{repository.md5()}",
        "millrace.dev/commit.train": repository.head(),
        "mlflow.source.git.commit": repository.head(),
        "mlflow.source.git.repoURL": repository.url,
    }
    assert wanted.items() <= run["tags"].items()
    [registered] = mlflow.versions(NAME)
    assert (registered["version"], registered["run"], registered["aliases"]) == ("1", run["id"], ["champion"])
    assert registered["source"] == dig(version, "spec.artifact.uri")
    assert dig(version, "status.registry.version") == "1"


def test_server_down_for_a_whole_run(world: World, mlflow: Mlflow, repository: DvcRepository) -> None:
    """The version does not wait for it; when it is back, each is there once, whatever the operator went through."""
    mlflow.stop()
    train(world, mlflow, repository, "2")
    done = world.recorders[JOBS].until(NAME, "run 2 is settled", lambda j: dig(j, "status.settled.run") == 2)
    assert dig(done, "status.result") == "VersionReady"
    world.recorders[VERSIONS].until(f"{NAME}-v2", "the outage is told", lambda v: condition(v, "RegistrySynced").get("reason") == "Unreachable")
    kill(world.cluster)
    mlflow.start_again()
    kill(world.cluster)
    wait_synced(world, 2)
    runs, versions = mlflow.runs("rounds"), mlflow.versions(NAME)
    assert [run["parameters"]["round"] for run in runs] == ["1", "2"]
    assert [(one["version"], one["run"], one["aliases"]) for one in versions] == [("1", runs[0]["id"], []), ("2", runs[1]["id"], ["champion"])]


def test_a_failed_run_and_a_rejected_one(world: World, mlflow: Mlflow) -> None:
    """They are runs too, with what came of them, and no versions."""
    tracking = {"mlflow": {"uri": mlflow.url, "experiment": "failures"}}
    world.train("failing", data=[], train=shell("exit 3"), retry={"limit": 0}, tracking=tracking)
    gates = {"gates": [{"metric": "accuracy", "min": "0.99"}]}
    world.train("rejected", data=[], train=shell(light.TRAIN), version=gates, tracking=tracking)
    for name in ("failing", "rejected"):
        world.recorders[JOBS].until(name, "MLflow knows its run", lambda j: dig(j, "status.run.mlflowRunId"))
    told = {run["tags"]["millrace.dev/training-job"]: run for run in mlflow.runs("failures")}
    assert {name: run["status"] for name, run in told.items()} == {"failing": "FAILED", "rejected": "FINISHED"}
    assert told["rejected"]["metrics"] == {"accuracy": 0.95}
    assert "exit code 3" in told["failing"]["tags"]["mlflow.note.content"]
    assert mlflow.versions("rejected") == []
