"""Data in a DVC repository: a commit becomes a version by itself, the same data again nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import wait_for
from cluster.kubectl import Object, dig
from scenarios.bad_input.scene import JOBS, VERSIONS
from scenarios.data.conftest import NAMESPACE, World
from scenarios.manifests import shell
from servers import DvcRepository

NAME = "rows"
COUNTS = """
mkdir -p /millrace/output/model; cp /millrace/data/train/train.csv /millrace/output/model/
cp /millrace/code/scale.txt /millrace/output/model/
echo "{\\"accuracy\\": 0.95, \\"rows\\": $(wc -l < /millrace/data/train/train.csv)}" > /millrace/output/metrics.json
"""


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DvcRepository]:
    made = world.repository("churn", tmp_path_factory.mktemp("churn"))
    made.commit_file("scale.txt", "1\n")
    made.commit_rows(["1,2,0", "3,4,1"])
    yield made


def train(world: World, repository: DvcRepository, **spec: object) -> None:
    """Looks for new data as often as the rules allow."""
    world.train(
        NAME,
        data=[{"name": "train", "dvc": repository.source(secretName="git"), "pollInterval": "1m"}],
        code={"repo": repository.url, "rev": "main", "secretName": "git"},
        train=shell(COUNTS),
        triggers={"newData": True},
        **spec,
    )


def settled(world: World, run: int) -> Object:
    return world.recorders[JOBS].until(NAME, f"run {run} is settled", lambda j: dig(j, "status.settled.run") == run)


def test_first_run(world: World, repository: DvcRepository) -> None:
    """What is told of the data is what dvc itself says; what was read is what it holds."""
    train(world, repository)
    done = settled(world, 1)
    assert dig(done, "status.result") == "VersionReady", dig(done, "status.message")
    [data] = dig(done, "status.data")
    head = repository.head()
    assert (data["identity"], data["strength"], data["commit"]) == (f"md5:{repository.md5()}", "Strong", head)
    assert dig(done, "status.code.commit") == head
    assert stored(world, 1, "train.csv") == (repository.tree / repository.path).read_text()
    assert stored(world, 1, "scale.txt") == "1\n"


def test_new_rows_become_a_version(world: World, repository: DvcRepository, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody does anything but commit."""
    commit = repository.commit_rows(["5,6,0"])
    began = time.monotonic()
    done = settled(world, 2)
    with capsys.disabled():
        print(f"\nnew data: from the commit to its version {time.monotonic() - began:.0f} s, with a look every minute")
    assert (dig(done, "status.result"), dig(done, "status.run.trigger")) == ("VersionReady", "NewData")
    [data] = dig(done, "status.data")
    assert (data["identity"], data["commit"]) == (f"md5:{repository.md5()}", commit)
    assert stored(world, 2, "train.csv") == (repository.tree / repository.path).read_text()


def test_commit_without_new_data(world: World, repository: DvcRepository) -> None:
    """It is looked at, and nothing follows."""
    repository.commit("says nothing new")
    looked = looks(world)
    wait_for("the next look at the repository", lambda: looks(world) > looked)
    wait_for("the resolver to end", lambda: not resolvers(world))
    job = world.cluster.get(JOBS, NAME, NAMESPACE)
    assert (dig(job, "status.run.number"), dig(job, "status.phase")) == (2, "Succeeded")


def looks(world: World) -> int:
    return world.git.log().count("GET /private/churn.git/info/refs")


def resolvers(world: World) -> list[str]:
    """Those that are not done."""
    jobs = world.cluster.list("jobs", NAMESPACE, "app.kubernetes.io/component=resolver")
    return [one["metadata"]["name"] for one in jobs if not dig(one, "status.completionTime")]


def stored(world: World, number: int, file: str) -> str:
    """A file of a version, as it lies in the bucket."""
    uri = dig(world.cluster.get(VERSIONS, f"{NAME}-v{number}", NAMESPACE), "spec.artifact.uri")
    folder: Path = world.s3.file("models", uri.removeprefix("s3://models/"))
    return (folder / file).read_text()
