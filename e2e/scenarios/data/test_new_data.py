"""Data in a DVC repository: a commit becomes a version by itself, the same data again nothing, a revert the version of that time."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import wait_for
from cluster.kubectl import Object, dig, names
from cluster.progress import tell
from cluster.watch import Watch
from scenarios import kills, story
from scenarios.bad_input.scene import JOBS, VERSIONS
from scenarios.conftest import DEEP
from scenarios.data.conftest import NAMESPACE, World
from scenarios.manifests import shell
from servers import DvcRepository

NAME, PLAIN = "rows", "plain"  # the second one has no code, so that the same data is the same run
COUNTS = """
mkdir -p /millrace/output/model; cp /millrace/data/train/train.csv /millrace/output/model/
echo "{\\"accuracy\\": 0.95, \\"rows\\": $(wc -l < /millrace/data/train/train.csv)}" > /millrace/output/metrics.json
"""
SCALES = COUNTS + "cp /millrace/code/scale.txt /millrace/output/model/"
RUNS_OF = "millrace.dev/training-job={},millrace.dev/attempt"
# From the look at the data on, each operator lives for at most so many seconds; a run takes three times as long.
ROUNDS, KILLS, LONGEST = (5 if DEEP else 1), 4, 4.0


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DvcRepository]:
    made = world.repository("churn", tmp_path_factory.mktemp("churn"))
    made.commit_file("scale.txt", "1\n")
    made.commit_rows(["1,2,0", "3,4,1"])
    yield made


def train(world: World, repository: DvcRepository) -> None:
    """They look for new data as often as the rules allow."""
    data = [{"name": "train", "dvc": repository.source(secretName="git"), "pollInterval": "1m"}]
    code = {"repo": repository.url, "rev": "main", "secretName": "git"}
    world.train(NAME, data=data, code=code, train=shell(SCALES), triggers={"newData": True})
    world.train(PLAIN, data=data, train=shell(COUNTS), triggers={"newData": True}, cache={"trustTags": True})


def settled(world: World, run: int, name: str = NAME) -> Object:
    return world.recorders[JOBS].until(name, f"run {run} is settled", lambda j: dig(j, "status.settled.run") == run)


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


def test_new_rows_become_a_version(world: World, repository: DvcRepository) -> None:
    """Nobody does anything but commit."""
    settled(world, 1, PLAIN)
    commit = repository.commit_rows(["5,6,0"])
    began = time.monotonic()
    done = settled(world, 2)
    tell(f"new data: from the commit to its version {time.monotonic() - began:.0f} s, with a look every minute")
    assert (dig(done, "status.result"), dig(done, "status.run.trigger")) == ("VersionReady", "NewData")
    [data] = dig(done, "status.data")
    assert (data["identity"], data["commit"]) == (f"md5:{repository.md5()}", commit)
    assert stored(world, 2, "train.csv") == (repository.tree / repository.path).read_text()


def test_commit_without_new_data(world: World, repository: DvcRepository) -> None:
    """It is looked at, and nothing follows."""
    settled(world, 2, PLAIN)
    repository.commit("says nothing new")
    looked = looks(world)
    wait_for("the next look at the repository", lambda: looks(world) > looked)
    wait_for("the resolver to end", lambda: not resolvers(world))
    for name in (NAME, PLAIN):
        job = world.cluster.get(JOBS, name, NAMESPACE)
        assert (dig(job, "status.run.number"), dig(job, "status.phase")) == (2, "Succeeded")


def test_killed_while_data_comes_and_goes(world: World, repository: DvcRepository) -> None:
    """Rows are taken back, later others come, and the operator is killed at random moments of all of it. With new code the old rows
    are another run; without, the version of that time answers, and no Job is made."""
    moments = kills.chance("kills while data changes")
    before, jobs = stored_files(world), run_jobs(world, PLAIN)
    with Watch(world.cluster, NAMESPACE, "jobs.batch", story.MADE + f"run={story.RUN} attempt={story.ATTEMPT}", RUNS_OF.format(NAME)) as watch:
        for run in range(3, 3 + ROUNDS):
            change(world, repository, moments, run)
            assert attempt_and_version(settled(world, run)) == (1, None, f"{NAME}-v{run}")
            if run == 3:
                hit = world.recorders[JOBS].until(PLAIN, "the cache answers", lambda j: dig(j, "status.result") == "CacheHit")
                assert (dig(hit, "status.settled.version"), dig(hit, "status.run.number")) == (f"{PLAIN}-v1", 2)
                assert run_jobs(world, PLAIN) == jobs
            else:
                assert attempt_and_version(settled(world, run - 1, PLAIN)) == (1, None, f"{PLAIN}-v{run - 1}")
            after = stored_files(world)
            assert before.items() <= after.items(), "what was stored has changed"
            before = after
        told = {line for name, line in story.made(watch).items() if name.startswith(NAME)}
    assert {f"run={run} attempt=1" for run in range(3, 3 + ROUNDS)} <= told
    assert {line.split(" ")[1] for line in told} == {"attempt=1"}
    check_versions(world)


def change(world: World, repository: DvcRepository, moments: random.Random, run: int) -> None:
    """A commit, and from the moment that it is looked at the kills."""
    looked = looks(world)
    if run == 3:
        repository.revert(f"{repository.head()}~1")
    else:
        repository.commit_rows([f"{run},{run},1"])
    wait_for("the next look at the repository", lambda: looks(world) > looked)
    kills.kill(world.cluster, moments, KILLS, LONGEST)


def attempt_and_version(job: Object) -> tuple[int, object, str]:
    return dig(job, "status.run.attempt"), dig(job, "status.attempts", None), dig(job, "status.modelVersion")


def run_jobs(world: World, name: str) -> list[str]:
    return sorted(names(world.cluster.list("jobs", NAMESPACE, RUNS_OF.format(name))))


def check_versions(world: World) -> None:
    """Each name was one object for all that was seen, and numbers follow each other."""
    seen = {name: states for name, states in world.recorders[VERSIONS].states.items() if name.startswith((f"{NAME}-v", f"{PLAIN}-v"))}
    assert {name for name, states in seen.items() if len({dig(state, "metadata.uid") for state in states}) != 1} == set()
    wanted = {f"{NAME}-v{n}" for n in range(1, 3 + ROUNDS)} | {f"{PLAIN}-v{n}" for n in range(1, 2 + ROUNDS)}
    assert set(seen) == wanted


def stored_files(world: World) -> dict[str, str]:
    """Digest by path of all that lies in the bucket."""
    folder = world.s3.file("models", "store")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


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
