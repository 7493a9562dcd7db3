"""gs:// against fake-gcs-server: generations, prefixes, composed objects, and objects that change meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gcs_server
import pytest
from conftest import perform

DATA = b"1,2\n3,4\n"
BELOW = {"a b.csv": b"a", "deep/ä#?.csv": b"bb"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gcs_server.Gcs]:
    with gcs_server.serving(tmp_path_factory.mktemp("gcs")) as made:
        made.bucket("plain")
        made.bucket("kept", versioned=True)
        yield made


@pytest.fixture
def gcs(server: gcs_server.Gcs, monkeypatch: pytest.MonkeyPatch) -> gcs_server.Gcs:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
    return server


def resolve(uri: str, **more: Any) -> tuple[int, Any]:
    code, message = perform("resolve", sources=[{"name": "d", "uri": uri, **more}])
    return code, (message["sources"] or message["errors"])[0]


def fetch(into: Path, uri: str, found: dict[str, Any], **more: Any) -> tuple[int, Any]:
    pinned = {"identity": found["identity"], "strength": found["strength"]}
    return perform("fetch", into=str(into), sources=[{"name": "d", "uri": uri, **pinned, **more}])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_object_is_its_generation(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    generation = gcs.put("plain", "one/d.csv", DATA)
    code, found = resolve("gs://plain/one/d.csv")
    wanted = {"name": "d", "identity": f"generation:{generation}", "strength": "Strong", "size": len(DATA)}
    assert (code, found) == (0, wanted)
    assert fetch(tmp_path / "into", "gs://plain/one/d.csv", found)[0] == 0
    assert files(tmp_path / "into" / "d") == {"d.csv": DATA}


def test_an_earlier_generation_stays_readable_where_it_is_kept(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    gcs.put("kept", "d.csv", DATA)
    found = resolve("gs://kept/d.csv")[1]
    gcs.put("kept", "d.csv", b"other")
    assert resolve("gs://kept/d.csv")[1]["identity"] != found["identity"]
    assert fetch(tmp_path / "into", "gs://kept/d.csv", found)[0] == 0
    assert files(tmp_path / "into" / "d") == {"d.csv": DATA}


def test_another_generation_is_data_changed(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    gcs.put("plain", "moves/d.csv", DATA)
    object_, prefix = resolve("gs://plain/moves/d.csv")[1], resolve("gs://plain/moves")[1]
    gcs.put("plain", "moves/d.csv", DATA[::-1])
    for uri, found in (("gs://plain/moves/d.csv", object_), ("gs://plain/moves", prefix)):
        code, message = fetch(tmp_path / "into", uri, found)
        assert (code, message["error"]["reason"]) == (10, "DataChanged")
    assert files(tmp_path) == {}


def test_a_prefix_is_all_that_lies_below_it(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    for path, data in BELOW.items():
        gcs.put("plain", f"set/{path}", data)
    gcs.put("plain", "set-of-others/c.csv", b"c")
    code, found = resolve("gs://plain/set")
    assert (code, found["strength"], found["size"]) == (0, "Strong", 3)
    assert fetch(tmp_path / "into", "gs://plain/set", found)[0] == 0
    assert files(tmp_path / "into" / "d") == BELOW
    gcs.put("plain", "set/new.csv", b"n")
    assert fetch(tmp_path / "into", "gs://plain/set", found)[1]["error"]["reason"] == "DataChanged"


def test_a_composed_object(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    for name in ("first", "second"):
        gcs.put("plain", f"parts/{name}", DATA)
    gcs.compose("plain", "whole.csv", ["parts/first", "parts/second"])
    found = resolve("gs://plain/whole.csv")[1]
    assert found["size"] == 2 * len(DATA)
    assert fetch(tmp_path / "into", "gs://plain/whole.csv", found)[0] == 0
    assert files(tmp_path / "into" / "d") == {"whole.csv": DATA + DATA}


@pytest.mark.parametrize("uri", ["gs://plain/absent.csv", "gs://absent/d.csv"])
def test_what_is_not_there(gcs: gcs_server.Gcs, uri: str) -> None:
    code, error = resolve(uri)
    assert (code, error["reason"]) == (10, "NotFound")


def test_what_was_deleted_is_data_changed(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    gcs.put("plain", "gone/d.csv", DATA)
    found = resolve("gs://plain/gone/d.csv")[1]
    gcs.delete("plain", "gone/d.csv")
    code, message = fetch(tmp_path / "into", "gs://plain/gone/d.csv", found)
    assert (code, message["error"]["reason"]) == (10, "DataChanged")


def test_other_bytes_than_the_users_digest(gcs: gcs_server.Gcs, tmp_path: Path) -> None:
    gcs.put("plain", "pinned.csv", DATA)
    digest = "sha256:" + "0" * 64
    found = resolve("gs://plain/pinned.csv", digest=digest)[1]
    assert (found["identity"], found["strength"]) == (digest, "Strong")
    code, message = fetch(tmp_path / "into", "gs://plain/pinned.csv", found, digest=digest)
    assert (code, message["error"]["reason"]) == (10, "DigestMismatch")
