"""Gates of a version: an evaluation Job that measures it and the champion on the same pinned data, and a person's word."""

from __future__ import annotations

import json

import pytest

from cluster import wait_for
from cluster.kubectl import Object, condition, dig
from demo import objects
from scenarios import light
from scenarios.bad_input.scene import JOBS, SERVICES, VERSIONS, message
from scenarios.data.conftest import NAMESPACE, World
from scenarios.manifests import inference_service, shell
from servers import DvcRepository

NAME = "judged"
# The model's own number is its score; the rows are those of the data that both are measured on.
MEASURES = """
score=$(sed 's/.*"score": *"\\([^"]*\\)".*/\\1/' "$MILLRACE_MODEL_DIR/parameters.json")
echo "{\\"score\\": $score, \\"rows\\": $(wc -l < /millrace/data/train/train.csv)}" > "$MILLRACE_OUTPUT_DIR/metrics.json"
"""


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> DvcRepository:
    made = world.repository(NAME, tmp_path_factory.mktemp(NAME))
    made.commit_rows(["1,2,0"])
    return made


def judge(world: World, repository: DvcRepository, score: str) -> None:
    gate = {"metric": "score", "min": "0.1", "champion": {"service": NAME, "minDelta": "0.01"}}
    rows = {"metric": "rows", "min": "1"}
    evaluation = {"step": shell(MEASURES), "data": [{"name": "train", "secretName": "git"}]}
    world.train(
        NAME,
        data=[{"name": "train", "dvc": repository.source(secretName="git")}],
        train=shell(light.TRAIN),
        parameters={"score": score},
        version={"gates": [gate, rows], "evaluation": evaluation},
    )


def judged(world: World, number: int, result: str) -> Object:
    return world.recorders[VERSIONS].until(f"{NAME}-v{number}", f"it is {result}", lambda v: dig(v, "status.phase") == result)


def test_first_version_has_no_champion(world: World, repository: DvcRepository) -> None:
    judge(world, repository, "0.5")
    container = {"image": objects.IMAGE, "args": light.SERVE, "resources": objects.BUSY}
    rollout = {"steps": [{"weight": 50, "pause": "1s"}, {"weight": 100}], "bake": "1s", "drain": "10s"}
    world.cluster.apply(inference_service(NAMESPACE, NAME, container=container, rollout=rollout))
    version = judged(world, 1, "Ready")
    assert dig(version, "status.measured") == [{"numbers": {"score": "0.5", "rows": "2"}}]
    assert [(g["metric"], g["verdict"]) for g in dig(version, "status.gates")] == [("score", "NoChampion"), ("rows", "Passed")]
    world.recorders[SERVICES].until(NAME, "v1 serves", lambda s: dig(s, "status.stable.version") == f"{NAME}-v1")


def test_better_than_the_champion(world: World, repository: DvcRepository) -> None:
    """Both are measured on the data that the challenger was trained on, which the champion never saw."""
    repository.commit_rows(["3,4,1"])
    judge(world, repository, "0.6")
    version = judged(world, 2, "Ready")
    [measured] = dig(version, "status.measured")
    assert measured["champion"] == f"{NAME}-v1"
    assert (measured["numbers"], measured["championNumbers"]) == ({"score": "0.6", "rows": "3"}, {"score": "0.5", "rows": "3"})
    [score, _] = dig(version, "status.gates")
    assert (score["verdict"], score["value"], score["champion"]["value"]) == ("Passed", "0.6", "0.5")
    world.recorders[SERVICES].until(NAME, "v2 serves", lambda s: dig(s, "status.stable.version") == f"{NAME}-v2")


def test_not_better_than_the_champion(world: World, repository: DvcRepository) -> None:
    judge(world, repository, "0.605")
    version = judged(world, 3, "Rejected")
    [score, _] = dig(version, "status.gates")
    assert (score["verdict"], score["champion"]["version"]) == ("Failed", f"{NAME}-v2")
    assert "0.605" in message(version)
    done = world.recorders[JOBS].until(NAME, "its run is done", lambda j: dig(j, "status.settled.version") == f"{NAME}-v3")
    assert dig(done, "status.result") == "VersionRejected"


def asks(world: World, round: str) -> None:
    world.train("asked", data=[], train=shell(light.TRAIN), parameters={"round": round}, version={"approval": "Manual"})


def decide(world: World, version: str, decision: str) -> str:
    """By a person whom the chart's role lets; what the API server says."""
    approval = {"decision": decision, "by": "judge", "reason": "looked at it"}
    patch = ("patch", VERSIONS, version, "--type=merge", "-p", json.dumps({"spec": {"approval": approval}}))
    done = world.cluster.run("kubectl", "--as=judge", "-n", NAMESPACE, *patch, check=False)
    return done.stdout + done.stderr


def awaited(world: World, number: int) -> str:
    """The version of this run, once it waits for a person; so do the run's own words."""
    name = f"asked-v{number}"
    version = world.recorders[VERSIONS].until(name, "it waits for a person", lambda v: dig(v, "status.phase") == "AwaitingApproval")
    assert condition(version, "Settled")["status"] == "False"
    job = world.recorders[JOBS].until("asked", "its run waits", lambda j: dig(j, "status.settled.version") == name)
    assert dig(job, "status.result") == "AwaitingApproval"
    return name


def test_a_person_decides(world: World) -> None:
    """Who may not is refused; what was approved is ready, what was rejected stays refused."""
    bind = ("create", "rolebinding", "judge", "--clusterrole=millrace-approver", "--user=judge")
    asks(world, "1")
    first = awaited(world, 1)
    refused = decide(world, first, "Approved")
    assert "judge" in refused and "forbidden" in refused
    world.cluster.kubectl("-n", NAMESPACE, *bind)
    wait_for("the judge to be let", lambda: "patched" in decide(world, first, "Approved"))
    ready = world.recorders[VERSIONS].until(first, "it is ready", lambda v: dig(v, "status.phase") == "Ready")
    assert condition(ready, "Approved")["message"] == "judge approved it: looked at it"
    world.recorders[JOBS].until("asked", "its run has a version", lambda j: dig(j, "status.result") == "VersionReady")

    asks(world, "2")
    second = awaited(world, 2)
    assert "patched" in decide(world, second, "Rejected")
    refused_one = world.recorders[VERSIONS].until(second, "it is refused", lambda v: dig(v, "status.phase") == "Rejected")
    assert message(refused_one) == "judge rejected it: looked at it"
    done = world.recorders[JOBS].until("asked", "its run is refused", lambda j: dig(j, "status.result") == "VersionRejected")
    assert dig(done, "status.settled.version") == second
    assert "decision" in decide(world, second, "Pending"), "a decision does not return to Pending"
