"""Sources that cannot be resolved: told with git's or the fetcher's own sentence, no run begins, no credentials go to strangers."""

from __future__ import annotations

import pytest

from cluster.kubectl import dig
from scenarios.bad_input.scene import JOBS, message
from scenarios.data.conftest import NAMESPACE, World
from servers import DvcRepository
from servers.server import secret


@pytest.fixture(scope="module")
def repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> DvcRepository:
    made = world.repository("odd", tmp_path_factory.mktemp("odd"))
    clean = made.commit_rows(["1,2,0"])
    made.commit_file("data/odd.csv.dvc", "outs: nonsense\n")
    world.cluster.apply(secret(NAMESPACE, "wrong-password", world.git.credentials("guessed") | world.s3.credentials()))
    bad = {
        "no-repository": made.source(repo=world.git.url_for("absent", private=True)),
        "no-revision": made.source(rev="absent"),
        "no-path": made.source(rev=clean, path="data/absent.csv"),
        "no-remote": made.source(remote="absent"),
        "nonsense": made.source(path="data/odd.csv"),
        "moved": made.source(repo=world.git.url_for("odd", private=True, moved=True)),
        "wrong-password": made.source(secretName="wrong-password"),
        "no-secret": made.source(secretName="absent"),
    }
    for name, source in bad.items():
        world.train(name, data=[{"name": "train", "dvc": {"secretName": "git"} | source}])
    return made


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("no-repository", "NotFound", "not found"),
        ("no-revision", "RevisionNotFound", "absent"),
        ("no-path", "NotFound", "neither DVC nor git tracks data/absent.csv"),
        ("no-remote", "RemoteMissing", ".dvc/config has no remote absent"),
        ("nonsense", "BadMetadata", "data/odd.csv.dvc: "),
        ("moved", "RedirectRefused", "redirect"),
        ("wrong-password", "Unauthorized", "git ls-remote: fatal: "),
    ],
)
@pytest.mark.usefixtures("repository")
def test_source_of_dvc(world: World, name: str, reason: str, words: str) -> None:
    job = world.until(JOBS, name, "Stalled", "True", "ResolveFailed")
    assert f"{reason}: train: " in message(job)
    assert words in message(job)
    assert dig(job, "status.run.number", 0) == 0


@pytest.mark.usefixtures("repository")
def test_missing_secret(world: World) -> None:
    """It may come yet: told, and tried again."""
    job = world.until(JOBS, "no-secret", "DataReady", "False", "ResolveFailed")
    assert "train: the Secret absent is absent or empty; next try at " in message(job)
    assert dig(job, "status.phase") == "ResolvingData"


@pytest.mark.usefixtures("repository")
def test_redirect_gets_no_credentials(world: World) -> None:
    world.until(JOBS, "moved", "Stalled", "True", "ResolveFailed")
    lines = world.git.log().splitlines()
    assert any("/moved/private/odd.git" in line for line in lines), "it was asked"
    assert [line for line in lines if world.git.elsewhere in line and "authorization=Basic" in line] == []
