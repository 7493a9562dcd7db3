"""Repositories that the real dvc made: identities are what dvc says, bytes are what was put in."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import s3_server
import trustme
from conftest import basic, perform
from git_server import AUTHOR, GitServer, commit, git, serving
from mlflow_server import HOME

from millrace_fetcher import intake
from millrace_fetcher.dvc import remote

TRAIN = b"a,b\n1,2\n"
IMAGES = {name: name.encode() * 100 for name in ("a.png", "deep/b.png", "deep/er/ü.png")} | {"empty": b""}
DEEP = {"b.png": IMAGES["deep/b.png"], "er/ü.png": IMAGES["deep/er/ü.png"]}
BYTES: dict[str, dict[str, bytes]] = {
    "plain:data/train.csv": {"train.csv": TRAIN},
    "plain:data/images": IMAGES,
    "plain:data/images/deep/b.png": {"b.png": IMAGES["deep/b.png"]},
    "plain:pipe/work/out.csv": {"out.csv": TRAIN},
    "plain:sub/inner.csv": {"inner.csv": b"inner\n"},
    "legacy:text.csv": {"text.csv": b"x,y\r\n1,2\r\n"},
    "legacy:folder": {"text.csv": b"x,y\r\n1,2\r\n"},
    "versions:one.csv": {"one.csv": b"one\n"},
    "versions:many": {"a": b"a", "deep/b": b"b"},
    "versions:many/deep/b": {"b": b"b"},
    "imports:train.csv": {"train.csv": TRAIN},
    "imports:images": IMAGES,
    "imports:src": {"notes.txt": b"of git\n"},
    "imports:notes.txt": {"notes.txt": b"of git\n"},
    "imports:deep": DEEP,
    "imports:outside.csv": {"outside.csv": b"outside\n"},
}


@dataclass
class Made:
    root: Path
    server: GitServer
    s3: s3_server.S3
    told: dict[str, Any]

    def source(self, name: str, path: str, **more: Any) -> dict[str, Any]:
        return {"name": "train", "dvc": {"repo": f"{self.server.url}/{name}", "rev": "main", "path": path, **more}}


def _make(root: Path, server: GitServer, s3: s3_server.S3) -> dict[str, Any]:
    s3.bucket("data")
    s3.bucket("kept", versioned=True)
    keys = {"AWS_ACCESS_KEY_ID": s3_server.ACCESS, "AWS_SECRET_ACCESS_KEY": s3_server.SECRET}
    environment = {**os.environ, **AUTHOR, **keys, "DVC_NO_ANALYTICS": "1", "AWS_REGION": "us-east-1"}
    program = HOME / "dvc" / "bin" / "python"
    if not program.exists():
        pytest.fail(f"{program} is not there; `make setup` installs dvc")
    line = [str(program), str(Path(__file__).with_name("dvc_maker.py")), str(root), s3.url, server.url]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads((root / "told.json").read_text())
    return told


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[Made]:
    root = tmp_path_factory.mktemp("dvc")
    (root / "s3").mkdir()
    with serving(root / "repos", authority) as server, s3_server.serving(root / "s3") as s3:
        server.files = root / "files"
        yield Made(root, server, s3, _make(root, server, s3))


@pytest.fixture
def made(session: Made, monkeypatch: pytest.MonkeyPatch) -> Made:
    """What one test changed is as before for the next."""
    monkeypatch.setattr(remote, "CLAIMS", session.root / "claims")
    monkeypatch.setattr(session.server, "requests", [])
    monkeypatch.setattr(session.server, "wanted", "")
    return session


@pytest.fixture
def secret(made: Made) -> str:
    return made.s3.secret("dvc", **{"ca.crt": made.server.ca})


def resolve(source: dict[str, Any]) -> tuple[int, Any]:
    code, message = perform("resolve", sources=[source])
    return code, (message["sources"] or message["errors"])[0]


def fetch(into: Path, source: dict[str, Any], found: dict[str, Any]) -> tuple[int, Any]:
    pinned = {key: found[key] for key in ("identity", "strength", "commit")}
    return perform("fetch", into=str(into), sources=[{**source, **pinned}])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["plain", "legacy", "versions", "imports"])
def test_identities_are_dvcs_and_bytes_are_equal(made: Made, secret: str, tmp_path: Path, name: str) -> None:
    whats = [what for what in BYTES if what.startswith(name + ":")]
    paths = {f"p{number}": what.partition(":")[2] for number, what in enumerate(whats)}
    sources = {key: {**made.source(name, path), "name": key, "secret": secret} for key, path in paths.items()}
    code, message = perform("resolve", sources=list(sources.values()))
    assert (code, message["errors"]) == (0, [])
    pinned = []
    for what, found in zip(whats, message["sources"], strict=True):
        assert found["identity"] == made.told["names"][what]
        assert (found["strength"], found["commit"]) == ("Strong", made.told["commits"][name])
        assert found.get("size") in {None, sum(map(len, BYTES[what].values()))}
        part = {key: found[key] for key in ("identity", "strength", "commit")}
        pinned.append({**sources[found["name"]], **part})
    assert perform("fetch", into=str(tmp_path / "into"), sources=pinned)[0] == 0
    got = {what: files(tmp_path / "into" / key) for key, what in zip(paths, whats, strict=True)}
    assert got == {what: BYTES[what] for what in whats}


def test_a_text_of_dvc_2_is_what_dvc_reads(made: Made) -> None:
    assert bytes.fromhex(made.told["text"]) == BYTES["legacy:text.csv"]["text.csv"]


@pytest.mark.parametrize("chosen", ["claim", "web"])
def test_another_remote_may_be_chosen(made: Made, secret: str, tmp_path: Path, chosen: str) -> None:
    source = {**made.source("plain", "data/images", remote=chosen), "secret": secret}
    assert fetch(tmp_path / "into", source, resolve(source)[1])[0] == 0
    assert files(tmp_path / "into" / "train") == IMAGES


@pytest.mark.parametrize(("path", "kind"), [("src/notes.txt", "blob"), ("src", "tree"), ("params.yaml", "blob")])
def test_what_git_tracks_is_named_by_git(made: Made, secret: str, tmp_path: Path, path: str, kind: str) -> None:
    source = {**made.source("plain", path), "secret": secret}
    code, found = resolve(source)
    oid = git(made.root / "repos" / "plain", "rev-parse", f"HEAD:{path}")
    assert (code, found["identity"], found["strength"]) == (0, f"git-{kind}:{oid}", "Strong")
    assert fetch(tmp_path / "into", source, found)[0] == 0
    assert files(tmp_path / "into" / "train")


@pytest.mark.parametrize(
    ("path", "more", "reason"),
    [
        ("data/none.csv", {}, "NotFound"),
        ("data/images/none.png", {}, "NotFound"),
        ("../plain/data", {}, "NotFound"),
        ("/etc/passwd", {}, "NotFound"),
        ("data", {}, "NotSupported"),
        ("data/train.csv", {"remote": "nothing"}, "RemoteMissing"),
        ("data/train.csv", {"remote": "upload"}, "NotSupported"),
        ("data/train.csv", {"rev": "nothing"}, "RevisionNotFound"),
    ],
)
def test_what_is_not_there_is_named(made: Made, secret: str, path: str, more: dict[str, str], reason: str) -> None:
    code, error = resolve({**made.source("plain", path, **more), "secret": secret})
    assert (code, error["reason"]) == (10, reason), error


def test_a_wrong_key_is_refused_and_not_told(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = made.s3.secret("wrong", **{"ca.crt": made.server.ca, "AWS_SECRET_ACCESS_KEY": "an-0ther-word"})
    code, error = resolve({**made.source("plain", "data/train.csv"), "secret": wrong})
    assert (code, error["reason"]) == (10, "Unauthorized"), error
    assert "an-0ther-word" not in json.dumps(error) + capsys.readouterr().err


def test_what_was_not_pushed_is_told_at_once(made: Made, secret: str) -> None:
    folder = made.root / "repos" / "plain"
    git(folder, "checkout", "-q", "-b", "unpushed")
    text = f"outs:\n- md5: {'1' * 32}\n  size: 1\n  hash: md5\n  path: new.csv\n"
    commit(folder, {"new.csv.dvc": text.encode()})
    git(folder, "checkout", "-q", "main")
    code, error = resolve({**made.source("plain", "new.csv", rev="unpushed"), "secret": secret})
    assert (code, error["reason"]) == (10, "NotFound")
    assert "pushed" in error["message"]


def test_changed_bytes_of_a_remote_are_data_changed(made: Made, secret: str, tmp_path: Path) -> None:
    source = {**made.source("plain", "data/train.csv", remote="claim"), "secret": secret}
    found = resolve(source)[1]
    md5 = found["identity"].removeprefix("md5:")
    file = made.root / "claims" / "models" / "dvc" / "files" / "md5" / md5[:2] / md5[2:]
    file.chmod(0o644)
    file.write_bytes(b"a,b\n9,9\n")
    code, message = fetch(tmp_path / "into", source, found)
    file.write_bytes(TRAIN)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")
    assert not (tmp_path / "into" / "train").exists()


def test_another_identity_than_the_pinned_is_data_changed(made: Made, secret: str, tmp_path: Path) -> None:
    source = {**made.source("plain", "data/train.csv"), "secret": secret}
    found = {**resolve(source)[1], "identity": "md5:" + "1" * 32}
    assert fetch(tmp_path / "into", source, found)[1]["error"]["reason"] == "DataChanged"


def test_bytes_over_the_bound_are_not_read(
    made: Made, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {**made.source("plain", "data/images"), "secret": secret}
    found = resolve(source)[1]
    monkeypatch.setattr(intake, "LARGEST", 100)
    code, message = fetch(tmp_path / "into", source, found)
    assert (code, message["error"]["reason"]) == (10, "TooLarge")


def _authorized(made: Made, path: str) -> set[str | None]:
    return {authorization for _, asked, authorization in made.server.requests if asked.startswith(path)}


def test_a_remote_on_the_repositorys_server_gets_its_credentials(made: Made, tmp_path: Path) -> None:
    made.server.wanted = basic("ann", "w0rd")
    own = made.server.secret(tmp_path / "s", username="ann", password="w0rd")
    assert resolve({**made.source("plain", "data/train.csv", remote="web"), "secret": own})[0] == 0
    assert _authorized(made, "/files/") == {basic("ann", "w0rd")}


def test_another_servers_remote_and_imports_get_none(made: Made, authority: trustme.CA, tmp_path: Path) -> None:
    repos = tmp_path / "repos"
    own = made.server.secret(tmp_path / "s", username="ann", password="w0rd")
    with serving(repos, authority) as home:
        home.wanted = basic("ann", "w0rd")
        config = f"[core]\n    remote = r\n['remote \"r\"']\n    url = {made.server.url}/files/web\n"
        md5 = made.told["names"]["plain:data/train.csv"].removeprefix("md5:")
        lock = made.told["commits"]["plain"]
        text = f"outs:\n- md5: {md5}\n  hash: md5\n  path: train.csv\n"
        origin = f"deps:\n- path: params.yaml\n  repo:\n    url: {made.server.url}/plain\n    rev_lock: {lock}\n"
        head = {"train.csv.dvc": text.encode(), "p.yaml.dvc": (origin + text.replace("train.csv", "p.yaml")).encode()}
        commit(repos / "a", {".dvc/config": config.encode(), **head})
        for path in ("train.csv", "p.yaml"):
            asked = {"repo": f"{home.url}/a", "rev": "main", "path": path}
            perform("resolve", sources=[{"name": "train", "dvc": asked, "secret": own}])
    assert made.server.requests
    assert _authorized(made, "/") == {None}


@pytest.fixture
def bare(tmp_path: Path, authority: trustme.CA) -> Iterator[GitServer]:
    with serving(tmp_path / "bare", authority) as server:
        yield server


def _asked(server: GitServer, tmp_path: Path, committed: dict[str, bytes], path: str = "x.csv") -> tuple[int, Any]:
    commit(server.root / "a", {".dvc/config": b"[core]\n    remote = r\n", **committed})
    dvc = {"repo": f"{server.url}/a", "rev": "main", "path": path}
    return resolve({"name": "train", "dvc": dvc, "secret": server.secret(tmp_path / "s")})


def test_nonsense_is_named_with_its_file(bare: GitServer, tmp_path: Path) -> None:
    code, error = _asked(bare, tmp_path, {"x.csv.dvc": b"outs:\n- md5: ../../../etc/passwd\n  path: x.csv\n"})
    assert (code, error["reason"]) == (10, "BadMetadata")
    assert "x.csv.dvc: outs[0].md5 must be" in error["message"]


def test_a_pointer_of_git_lfs_is_no_data(bare: GitServer, tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"
    found = _asked(bare, tmp_path, {"x.csv": pointer})[1]
    source = {"name": "train", "dvc": {"repo": f"{bare.url}/a", "rev": "main", "path": "x.csv"}}
    code, message = fetch(tmp_path / "into", {**source, "secret": str(tmp_path / "s")}, found)
    assert (code, message["error"]["reason"]) == (10, "NotSupported")
