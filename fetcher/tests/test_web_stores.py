"""hf://, gs:// and mlflow-artifacts:// against a server that answers as theirs do."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Web, perform

DATA = b"1,2\n3,4\n"
COMMIT = "c" * 40


def resolve(uri: str, secret: str) -> tuple[int, Any]:
    code, message = perform("resolve", sources=[{"name": "d", "uri": uri, "secret": secret}])
    return code, (message["sources"] or message["errors"])[0]


def fetch(into: Path, uri: str, secret: str, found: dict[str, Any]) -> tuple[int, Any]:
    pinned = {"identity": found["identity"], "strength": found["strength"]}
    return perform("fetch", into=str(into), sources=[{"name": "d", "uri": uri, "secret": secret, **pinned}])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hub(web: Web, other: Web) -> None:
    """A small file as a git blob, a large one on another server."""
    blob = hashlib.sha1(b"blob %d\0" % len(DATA) + DATA).hexdigest()
    lfs = {"sha256": hashlib.sha256(DATA).hexdigest(), "size": len(DATA)}
    siblings = [
        {"rfilename": "a.csv", "size": len(DATA), "blobId": blob},
        {"rfilename": "data/b.bin", "size": len(DATA), "blobId": "0" * 40, "lfs": lfs},
    ]
    told = json.dumps({"sha": COMMIT, "siblings": siblings}).encode()
    for revision in ("main", COMMIT):
        web.serve(f"/api/datasets/org/set/revision/{revision}", told)
    web.serve(f"/datasets/org/set/resolve/{COMMIT}/a.csv", DATA)
    web.redirect(f"/datasets/org/set/resolve/{COMMIT}/data/b.bin", other.serve("/signed", DATA))


def test_hf_is_pinned_by_its_commit(web: Web, other_web: Web, tmp_path: Path) -> None:
    hub(web, other_web)
    secret = web.secret(tmp_path / "s", HF_ENDPOINT=web.url, token="t0ken")
    uri = "hf://datasets/org/set"
    code, found = resolve(uri, secret)
    assert (code, found) == (0, {"name": "d", "identity": f"hf:{COMMIT}", "strength": "Strong", "size": 2 * len(DATA)})
    assert fetch(tmp_path / "into", uri, secret, found)[0] == 0
    assert files(tmp_path / "into" / "d") == {"a.csv": DATA, "data/b.bin": DATA}
    assert {authorization for _, _, authorization in web.requests} == {"Bearer t0ken"}
    assert {authorization for _, _, authorization in other_web.requests} == {None}


@pytest.mark.parametrize(("path", "name"), [("a.csv", "a.csv"), ("data", "b.bin"), ("data/b.bin", "b.bin")])
def test_hf_takes_a_path(web: Web, other_web: Web, tmp_path: Path, path: str, name: str) -> None:
    hub(web, other_web)
    secret = web.secret(tmp_path / "s", HF_ENDPOINT=web.url)
    uri = f"hf://datasets/org/set@main/{path}"
    assert fetch(tmp_path / "into", uri, secret, resolve(uri, secret)[1])[0] == 0
    assert files(tmp_path / "into" / "d") == {name: DATA}
    assert resolve(uri + "x", secret)[1]["reason"] == "NotFound"


@pytest.mark.parametrize("path", ["a.csv", "data/b.bin"])
def test_other_bytes_of_hf_are_data_changed(web: Web, other_web: Web, tmp_path: Path, path: str) -> None:
    hub(web, other_web)
    web.serve(f"/datasets/org/set/resolve/{COMMIT}/{path}", DATA[::-1])
    secret = web.secret(tmp_path / "s", HF_ENDPOINT=web.url)
    uri = f"hf://datasets/org/set/{path}"
    code, message = fetch(tmp_path / "into", uri, secret, resolve(uri, secret)[1])
    assert (code, message["error"]["reason"]) == (10, "DataChanged")


@pytest.fixture
def bucket(web: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", web.url)
    md5 = base64.b64encode(hashlib.md5(DATA).digest()).decode()
    item = {"name": "set/d.csv", "generation": "7", "size": str(len(DATA)), "md5Hash": md5}

    def answer(handler: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, DATA if "alt=media" in handler.path else json.dumps(item).encode()

    web.pages["/storage/v1/b/b/o/set%2Fd.csv"] = answer
    web.serve("/storage/v1/b/b/o", json.dumps({"items": [item]}).encode())
    return web


@pytest.mark.parametrize(("uri", "kind"), [("gs://b/set/d.csv", "generation:7"), ("gs://b/set", "list:sha256:")])
def test_gs_is_pinned_by_generations(bucket: Web, tmp_path: Path, uri: str, kind: str) -> None:
    secret = bucket.secret(tmp_path / "s", token="t0ken")
    code, found = resolve(uri, secret)
    assert (code, found["strength"], found["size"]) == (0, "Strong", len(DATA))
    assert found["identity"].startswith(kind)
    assert fetch(tmp_path / "into", uri, secret, found)[0] == 0
    assert files(tmp_path / "into" / "d") == {"d.csv": DATA}
    assert {authorization for _, _, authorization in bucket.requests} == {"Bearer t0ken"}


def test_another_generation_is_data_changed(bucket: Web, tmp_path: Path) -> None:
    secret = bucket.secret(tmp_path / "s")
    found, listed = (resolve(uri, secret)[1] for uri in ("gs://b/set/d.csv", "gs://b/set"))
    bucket.serve("/storage/v1/b/b/o/set%2Fd.csv", b"", 404)
    assert fetch(tmp_path / "into", "gs://b/set/d.csv", secret, found)[1]["error"]["reason"] == "DataChanged"
    bucket.serve("/storage/v1/b/b/o", json.dumps({"items": []}).encode())
    assert fetch(tmp_path / "into", "gs://b/set", secret, listed)[1]["error"]["reason"] == "DataChanged"


def artifacts(web: Web) -> None:
    root = "/api/2.0/mlflow-artifacts/artifacts"
    listings = {
        "": [{"path": "run", "is_dir": True}],
        "path=run": [{"path": "d.csv", "is_dir": False, "file_size": len(DATA)}, {"path": "deep", "is_dir": True}],
        "path=run%2Fdeep": [{"path": "e.csv", "is_dir": False, "file_size": len(DATA)}],
    }

    def answer(handler: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, json.dumps({"files": listings.get(handler.path.partition("?")[2], [])}).encode()

    web.pages[root] = answer
    for path in ("run/d.csv", "run/deep/e.csv"):
        web.serve(f"{root}/{path}", DATA)


@pytest.mark.parametrize(
    ("path", "wanted"), [("run", {"d.csv": DATA, "deep/e.csv": DATA}), ("run/d.csv", {"d.csv": DATA})]
)
def test_artifacts_of_mlflow_are_weak(web: Web, tmp_path: Path, path: str, wanted: dict[str, bytes]) -> None:
    artifacts(web)
    secret = web.secret(tmp_path / "s", MLFLOW_TRACKING_URI=web.url)
    for number, head in enumerate((f"mlflow-artifacts://{web.url.removeprefix('https://')}/", "mlflow-artifacts:/")):
        code, found = resolve(head + path, secret)
        assert (code, found["strength"], found["size"]) == (0, "Weak", sum(map(len, wanted.values())))
        assert fetch(tmp_path / str(number), head + path, secret, found)[0] == 0
        assert files(tmp_path / str(number) / "d") == wanted
    assert resolve("mlflow-artifacts:/none", secret)[1]["reason"] == "NotFound"


def test_artifacts_without_a_server_are_explained(web: Web, tmp_path: Path) -> None:
    code, error = resolve("mlflow-artifacts:/run", web.secret(tmp_path / "s"))
    assert (code, error["reason"]) == (10, "NotSupported")
    assert "MLFLOW_TRACKING_URI" in error["message"]
