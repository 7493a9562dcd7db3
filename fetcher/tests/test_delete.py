"""delete: the bytes of a version go, those of its neighbours stay, and what is left half is never taken for whole."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import perform, refused
from s3_server import S3, serving

from millrace_fetcher import delete as deleting
from millrace_fetcher import s3

_numbers = itertools.count(1)
GONE = (0, {"v": 1, "deleted": True})
NOTHING = (0, {"v": 1, "deleted": False})


def published(tmp_path: Path, name: str = "aa") -> Path:
    folder = tmp_path / "team/churn/sha256" / name
    (folder / "inner").mkdir(parents=True)
    (folder / "model.joblib").write_text("m")
    (folder / "inner/labels").write_text("l")
    folder.with_name(f"{name}.manifest.json").write_text("{}")
    return folder


def of_claim(tmp_path: Path, relative: str = "team/churn/sha256/aa") -> dict[str, Any]:
    return {"uri": f"pvc://models/{relative}", "path": str(tmp_path / relative)}


def test_a_folder_goes_with_its_manifest_and_its_neighbours_stay(tmp_path: Path) -> None:
    folder, neighbour = published(tmp_path), published(tmp_path, "aab")
    assert perform("delete", **of_claim(tmp_path)) == GONE
    assert sorted(os.listdir(folder.parent)) == ["aab", "aab.manifest.json"]
    assert (neighbour / "inner/labels").exists()
    assert perform("delete", **of_claim(tmp_path)) == NOTHING


def test_what_was_interrupted_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = published(tmp_path)

    def killed(name: str, folder: int) -> bool:
        if not name.startswith(".tmp-gone"):
            raise KeyboardInterrupt
        return False

    with monkeypatch.context() as patched:
        patched.setattr(deleting, "_remove", killed)
        with pytest.raises(KeyboardInterrupt):
            perform("delete", **of_claim(tmp_path))
    assert not folder.exists(), "nobody finds half of it"
    assert any(name.startswith(".tmp-gone-a0-") for name in os.listdir(folder.parent))
    assert perform("delete", **of_claim(tmp_path)) == GONE
    assert os.listdir(folder.parent) == []


def test_published_again_it_can_be_deleted_again(tmp_path: Path) -> None:
    for _ in range(2):
        folder = published(tmp_path)
        assert perform("delete", **of_claim(tmp_path)) == GONE
        assert os.listdir(folder.parent) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    folder = published(tmp_path)
    (folder / "link").symlink_to(precious)
    assert perform("delete", **of_claim(tmp_path)) == GONE
    (tmp_path / "linked").symlink_to(precious)
    assert perform("delete", **of_claim(tmp_path, "linked")) == GONE
    (tmp_path / "elsewhere").symlink_to(precious)
    assert refused("delete", **of_claim(tmp_path, "elsewhere/file")) == (10, "BadTree")
    assert (precious / "file").exists()


@pytest.mark.parametrize("relative", ["", "..", "a/../../b", "."])
def test_nothing_beyond_the_place_goes(tmp_path: Path, relative: str) -> None:
    (tmp_path / "file").write_text("x")
    assert refused("delete", **of_claim(tmp_path, relative)) == (10, "BadTree")
    assert (tmp_path / "file").exists()


def test_a_single_file_goes(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_text("x")
    assert perform("delete", **of_claim(tmp_path, "model.bin")) == GONE
    assert os.listdir(tmp_path) == []


def test_other_stores_are_none(tmp_path: Path) -> None:
    assert refused("delete", uri="https://example.org/model") == (30, "MalformedTask")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with serving(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def bucket(server: S3) -> str:
    return server.bucket(f"deleted{next(_numbers)}")


def filled(server: S3, bucket: str) -> None:
    for name in ("aa/model", "aa/inner/ö + %41 &<", "aa.manifest.json", "aab/model", "aab.manifest.json"):
        server.put(bucket, f"team/sha256/{name}", b"x")


def of_bucket(server: S3, bucket: str, key: str = "team/sha256/aa") -> dict[str, Any]:
    return {"uri": f"s3://{bucket}/{key}", "secret": server.secret("own")}


def test_keys_go_and_those_of_neighbours_stay(server: S3, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deleting, "AT_ONCE", 1)
    filled(server, bucket)
    assert perform("delete", **of_bucket(server, bucket)) == GONE
    assert sorted(server.objects(bucket)) == ["team/sha256/aab.manifest.json", "team/sha256/aab/model"]
    assert perform("delete", **of_bucket(server, bucket)) == NOTHING


def test_the_manifest_goes_first(server: S3, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(server, bucket)

    def killed(*_: Any) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deleting, "_below", killed)
        with pytest.raises(KeyboardInterrupt):
            perform("delete", **of_bucket(server, bucket))
    assert "team/sha256/aa.manifest.json" not in server.objects(bucket)
    assert "team/sha256/aa/model" in server.objects(bucket)
    assert perform("delete", **of_bucket(server, bucket)) == GONE


def test_a_whole_bucket_stays(server: S3, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "TRIES", 1)
    filled(server, bucket)
    assert refused("delete", **of_bucket(server, bucket, "")) == (10, "BadTree")
    assert len(server.objects(bucket)) == 5


def test_an_absent_bucket_is_told(server: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "TRIES", 1)
    assert refused("delete", **of_bucket(server, "absent")) == (10, "NotFound")
