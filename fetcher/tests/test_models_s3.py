"""fetch of a model and verify from a bucket: every byte is that of the digest, or it is told which is not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import perform, refused
from s3_server import S3, serving

from millrace_fetcher import identity, s3, tree

FILES = {"model.joblib": b"m" * 1000, "inner/labels": b"a b", "empty": b"", "ö + %41 &<": b"odd"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with serving(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(autouse=True)
def _one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "TRIES", 1)


@dataclass
class Version:
    server: S3
    bucket: str
    key: str
    content: identity.Content

    def location(self, **more: str) -> dict[str, str]:
        own = {"uri": f"s3://{self.bucket}/{self.key}", "digest": self.content.digest}
        return {**own, "secret": self.server.secret("own"), **more}

    def put(self, relative: str, data: bytes) -> None:
        self.server.put(self.bucket, self.key + relative, data)

    def remove(self, relative: str) -> None:
        self.server.client.delete_object(Bucket=self.bucket, Key=self.key + relative)


@pytest.fixture
def version(server: S3, tmp_path: Path) -> Version:
    """A version that publish put."""
    for name, data in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(data)
    bucket = server.bucket(f"models{next(_numbers)}")
    code, message = perform(
        "publish",
        model=str(tmp_path / "model"),
        metrics=str(tmp_path / "metrics.json"),
        store=f"s3://{bucket}/team",
        secret=server.secret("own"),
        name="churn",
        run="uid-3",
        attempt=1,
        report=[],
        maxSize=1 << 20,
        timeout=0,
        format="sklearn",
    )
    assert code == 0
    key = f"team/churn/sha256/{message['digest'].removeprefix('sha256:')}"
    return Version(server, bucket, key, tree.read(tmp_path / "model"))


def fetched(version: Version, into: Path, **more: str) -> tuple[int, Any]:
    return perform("fetch", model={**version.location(**more), "into": str(into)})


def told(version: Version, **more: str) -> tuple[int, str]:
    """What verify and fetch say alike."""
    into = version.server.folder / f"into{next(_numbers)}"
    code, message = fetched(version, into, **more)
    assert refused("verify", **version.location(**more)) == (code, message["error"]["reason"])
    assert list(into.iterdir()) == []
    return code, message["error"]["reason"]


def test_what_was_published_is_fetched_and_verified(version: Version, tmp_path: Path) -> None:
    content = version.content
    assert fetched(version, tmp_path / "into") == (0, {"v": 1, "digest": content.digest, "size": content.size})
    assert tree.read(tmp_path / "into") == content
    wanted = {"v": 1, "digest": content.digest, "size": content.size, "files": len(FILES)}
    assert perform("verify", **version.location()) == (0, wanted)


def test_bytes_that_changed_are_told_with_their_file(version: Version) -> None:
    version.put("/model.joblib", b"n" * 1000)
    assert told(version) == (10, "DigestMismatch")
    message = perform("verify", **version.location())[1]["error"]["message"]
    assert f"{version.key}/model.joblib" in message
    assert identity.sha256_of(b"n" * 1000) in message
    assert identity.sha256_of(b"m" * 1000) in message


def test_a_file_that_is_gone_is_told(version: Version) -> None:
    version.remove("/inner/labels")
    assert told(version) == (10, "NotFound")


def test_what_is_not_in_the_manifest_is_not_the_model(version: Version, tmp_path: Path) -> None:
    version.put("/stranger", b"x")
    assert fetched(version, tmp_path / "into")[0] == 0
    assert tree.read(tmp_path / "into") == version.content


def test_without_a_manifest_everything_there_is_compared(version: Version, tmp_path: Path) -> None:
    """So is a model that a person put into a bucket."""
    version.remove(".manifest.json")
    assert fetched(version, tmp_path / "into")[0] == 0
    assert tree.read(tmp_path / "into") == version.content
    version.put("/stranger", b"x")
    assert told(version) == (10, "DigestMismatch")


def test_a_manifest_that_the_digest_does_not_name_counts_for_nothing(version: Version) -> None:
    version.put(".manifest.json", b'{"files":[],"v":1}')
    assert perform("verify", **version.location())[0] == 0
    other = identity.sha256_of(b"")
    assert told(version, digest=other) == (10, "DigestMismatch")


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a//b", "a/./b"])
def test_a_manifest_that_leads_elsewhere_is_refused(version: Version, path: str) -> None:
    """Its digest was written by a person, as that of a version made by hand may be."""
    files = [{"path": path, "sha256": 64 * "0", "size": 1}]
    raw = json.dumps({"files": files, "v": 1}).encode()
    version.put(".manifest.json", raw)
    assert told(version, digest=identity.sha256_of(raw)) == (10, "BadTree")


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"files":1}', b'{"files":[{"path":1}]}', b"\xff"])
def test_a_manifest_of_nonsense_counts_for_nothing(version: Version, raw: bytes) -> None:
    version.put(".manifest.json", raw)
    assert told(version, digest=identity.sha256_of(raw)) == (10, "DigestMismatch")


def test_wrong_keys_and_absent_places_are_told(version: Version) -> None:
    wrong = version.server.secret("wrong", AWS_SECRET_ACCESS_KEY="wrong")
    assert told(version, secret=wrong) == (10, "Unauthorized")
    down = version.server.secret("down", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert told(version, secret=down) == (20, "Unreachable")
    assert told(version, secret="/nowhere") == (20, "SecretMissing")
    assert told(version, uri="s3://absent/model") == (10, "NotFound")
    assert told(version, uri=f"s3://{version.bucket}/absent") == (10, "NotFound")
