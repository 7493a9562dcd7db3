"""s3:// against a real server: versions, ETags, prefixes, and objects that change meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import s3_server
from conftest import perform

from millrace_fetcher import identity, intake, tree
from millrace_fetcher.failure import Failure, Reason

DATA = b"1,2\n3,4\n"
BELOW = {"a.csv": b"a", "deep/b.csv": b"bb"}


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_server.S3]:
    with s3_server.serving(tmp_path_factory.mktemp("s3")) as server:
        server.bucket("plain")
        server.bucket("kept", versioned=True)
        yield server


@pytest.fixture
def secret(s3: s3_server.S3) -> str:
    return s3.secret("data-read")


def resolve(uri: str, secret: str, **more: Any) -> tuple[int, Any]:
    code, message = perform("resolve", sources=[{"name": "d", "uri": uri, "secret": secret, **more}])
    return code, (message["sources"] or message["errors"])[0]


def fetch(into: Path, uri: str, secret: str, found: dict[str, Any], **more: Any) -> tuple[int, Any]:
    pinned = {"identity": found["identity"], "strength": found["strength"]}
    return perform("fetch", into=str(into), sources=[{"name": "d", "uri": uri, "secret": secret, **pinned, **more}])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fill(s3: s3_server.S3, bucket: str, prefix: str) -> str:
    for path, data in BELOW.items():
        s3.put(bucket, f"{prefix}/{path}", data)
    return f"s3://{bucket}/{prefix}"


def test_a_version_is_strong_and_stays_readable(s3: s3_server.S3, secret: str, tmp_path: Path) -> None:
    s3.put("kept", "one/d.csv", DATA)
    uri = "s3://kept/one/d.csv"
    code, found = resolve(uri, secret)
    version = s3.client.head_object(Bucket="kept", Key="one/d.csv")["VersionId"]
    wanted = {"name": "d", "identity": f"version:{version}", "strength": "Strong", "size": len(DATA)}
    assert (code, found) == (0, wanted)
    s3.put("kept", "one/d.csv", b"other")
    assert resolve(uri, secret)[1]["identity"] != found["identity"]
    code, message = fetch(tmp_path, uri, secret, found)
    assert (code, message["sources"]) == (0, [{"name": "d", "sha256": identity.sha256_of(DATA)}])
    assert files(tmp_path / "d") == {"d.csv": DATA}


def test_a_version_that_is_gone_is_data_changed(s3: s3_server.S3, secret: str, tmp_path: Path) -> None:
    s3.put("kept", "gone.csv", DATA)
    found = resolve("s3://kept/gone.csv", secret)[1]
    version = found["identity"].removeprefix("version:")
    s3.client.delete_object(Bucket="kept", Key="gone.csv", VersionId=version)
    code, message = fetch(tmp_path, "s3://kept/gone.csv", secret, found)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")


def test_without_versions_the_etag_is_weak(s3: s3_server.S3, secret: str, tmp_path: Path) -> None:
    s3.put("plain", "d.csv", DATA)
    code, found = resolve("s3://plain/d.csv", secret)
    assert (code, found["strength"], found["size"]) == (0, "Weak", len(DATA))
    assert found["identity"].startswith("etag:")
    assert f";size:{len(DATA)};modified:" in found["identity"]
    assert fetch(tmp_path, "s3://plain/d.csv", secret, found)[0] == 0
    s3.put("plain", "d.csv", DATA[::-1])
    code, message = fetch(tmp_path, "s3://plain/d.csv", secret, found)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")
    assert not (tmp_path / "d").exists()


def test_the_users_digest_counts(s3: s3_server.S3, secret: str, tmp_path: Path) -> None:
    s3.put("plain", "digest.csv", DATA)
    digest = identity.sha256_of(DATA)
    code, found = resolve("s3://plain/digest.csv", secret, digest=digest)
    assert (code, found["identity"], found["strength"]) == (0, digest, "Strong")
    s3.put("plain", "digest.csv", b"other")
    code, message = fetch(tmp_path, "s3://plain/digest.csv", secret, found, digest=digest)
    assert (code, message["error"]["reason"]) == (10, "DigestMismatch")


@pytest.mark.parametrize(("bucket", "strength"), [("plain", "Weak"), ("kept", "Strong")])
def test_a_prefix_is_a_folder(s3: s3_server.S3, secret: str, tmp_path: Path, bucket: str, strength: str) -> None:
    uri = fill(s3, bucket, "set")
    s3.put(bucket, "set-beside/x", b"x")
    code, found = resolve(uri, secret)
    assert (code, found["strength"], found["size"]) == (0, strength, 3)
    assert resolve(uri + "/", secret)[1]["identity"] == found["identity"]
    code, message = fetch(tmp_path / "into", uri, secret, found)
    assert (code, files(tmp_path / "into" / "d")) == (0, BELOW)
    assert message["sources"][0]["sha256"] == tree.read(tmp_path / "into" / "d").digest
    s3.put(bucket, "set/new", b"n")
    assert fetch(tmp_path / "into", uri, secret, found)[1]["error"]["reason"] == "DataChanged"


def test_an_object_that_changes_after_the_listing_is_seen(
    s3: s3_server.S3, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = fill(s3, "plain", "racing")
    found = resolve(uri, secret)[1]
    each = intake.Intake.each

    def meanwhile(*arguments: Any) -> Any:
        s3.put("plain", "racing/a.csv", b"z")
        return each(*arguments)

    monkeypatch.setattr(intake.Intake, "each", meanwhile)
    code, message = fetch(tmp_path, uri, secret, found)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")


def test_a_model_is_verified_and_fetched(s3: s3_server.S3, secret: str, tmp_path: Path) -> None:
    for path, data in BELOW.items():
        (tmp_path / "model" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / path).write_bytes(data)
    digest = tree.read(tmp_path / "model").digest
    uri = fill(s3, "plain", f"churn/sha256/{digest.removeprefix('sha256:')}")
    task = {"uri": uri, "digest": digest, "secret": secret}
    assert perform("verify", **task) == (0, {"v": 1, "digest": digest, "size": 3, "files": 2})
    assert perform("fetch", model={**task, "into": str(tmp_path / "models")})[0] == 0
    assert files(tmp_path / "models") == BELOW
    s3.put("plain", uri.removeprefix("s3://plain/") + "/a.csv", b"z")
    assert perform("verify", **task)[1]["error"]["reason"] == "DigestMismatch"


@pytest.mark.parametrize("uri", ["s3://plain/none", "s3://plain/none/", "s3://nowhere/none", "s3://plain/../x"])
def test_what_is_not_there(s3: s3_server.S3, secret: str, uri: str) -> None:
    code, error = resolve(uri, secret)
    assert (code, error["reason"]) == (10, "NotFound"), error


def test_a_wrong_key_is_refused_and_not_told(s3: s3_server.S3, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = s3.secret("wrong", AWS_SECRET_ACCESS_KEY="an-0ther-word")
    code, error = resolve("s3://plain/d.csv", wrong)
    assert (code, error["reason"]) == (10, "Unauthorized"), error
    assert "an-0ther-word" not in str(error) + capsys.readouterr().err


def test_a_large_object_is_refused_before_it_is_read(
    s3: s3_server.S3, secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("plain", "large.csv", DATA)
    found = resolve("s3://plain/large.csv", secret)[1]
    monkeypatch.setattr(intake, "LARGEST", 7)
    code, message = fetch(tmp_path, "s3://plain/large.csv", secret, found)
    assert (code, message["error"]["reason"]) == (10, "TooLarge")


@pytest.mark.parametrize("path", ["../x", "a/../x", "/x", "a//x", "", "a/", ".", "a\0b", "x" * 256, "a/" * 101 + "x"])
def test_keys_that_are_no_paths_are_refused(path: str) -> None:
    with pytest.raises(Failure) as caught:
        intake.checked_path(path)
    assert caught.value.reason is Reason.BAD_TREE
