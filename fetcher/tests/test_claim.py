"""pvc:// in resolve, fetch and verify."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import perform, refused

from millrace_fetcher import identity, tree


@pytest.fixture
def claim(tmp_path: Path) -> Path:
    root = tmp_path / "claim"
    (root / "data" / "inner").mkdir(parents=True)
    (root / "data" / "a.csv").write_bytes(b"1,2\n")
    (root / "data" / "inner" / "b.csv").write_bytes(b"3\n")
    (root / "data" / "a.csv").chmod(0o600)
    return root


def source(claim: Path, path: str = "data", **more: Any) -> dict[str, Any]:
    return {"name": "train", "uri": f"pvc://claim/{path}", "path": f"{claim}/{path}", **more}


def pinned(claim: Path, path: str = "data", **more: Any) -> dict[str, Any]:
    return source(claim, path, identity=tree.read(claim, path).digest, strength="Strong", **more)


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("path", ["data", "data/a.csv", "data/", ""])
def test_resolve_tells_the_identity(claim: Path, path: str) -> None:
    code, message = perform("resolve", sources=[source(claim, path)])
    content = tree.read(claim, path)
    found = {"name": "train", "identity": content.digest, "strength": "Strong", "size": content.size}
    assert (code, message) == (0, {"v": 1, "told": 1, "sources": [found], "errors": []})


def test_resolve_tries_every_source_and_ends_with_the_highest_code(claim: Path) -> None:
    missing = {**source(claim, "nothing"), "name": "missing"}
    away = {"name": "away", "uri": "https://localhost:9/x"}
    code, message = perform("resolve", sources=[missing, away, source(claim)])
    assert code == 20
    assert [one["name"] for one in message["sources"]] == ["train"]
    assert [(one["name"], one["reason"]) for one in message["errors"]] == [
        ("missing", "NotFound"),
        ("away", "Unreachable"),
    ]


def test_resolve_of_many_failures_stays_within_its_bound(claim: Path) -> None:
    long = "x" * 200
    many = [{**source(claim, f"{long}/{n}"), "name": f"source-{n}"} for n in range(16)]
    code, message = perform("resolve", sources=many)
    assert (code, len(message["errors"])) == (10, 16)


@pytest.mark.parametrize("path", ["../claim/data", "data/../data", "./data"])
def test_dots_in_the_path_are_refused(claim: Path, path: str) -> None:
    code, message = perform("resolve", sources=[source(claim, path)])
    assert (code, message["errors"][0]["reason"]) == (10, "BadTree")


def test_links_out_of_the_claim_are_refused(claim: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (claim / "data" / "inner" / "out").symlink_to(tmp_path / "secret")
    code, message = perform("resolve", sources=[source(claim)])
    assert (code, message["errors"][0]["reason"]) == (10, "BadTree")
    assert "inner/out" in message["errors"][0]["message"]


def test_fetch_copies_readable_for_all(claim: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    file = {**pinned(claim, "data/a.csv"), "name": "one"}
    parameters = {"parameters": {"max_iter": "500", "a": "ä"}, "parametersFile": str(tmp_path / "parameters.json")}
    code, message = perform("fetch", into=str(into), sources=[pinned(claim), file], **parameters)
    assert code == 0
    assert message["sources"][0] == {"name": "train", "sha256": tree.read(claim, "data").digest}
    assert left_in(into) == ["one", "one/a.csv", "train", "train/a.csv", "train/inner", "train/inner/b.csv"]
    assert (into / "train" / "a.csv").stat().st_mode & 0o444 == 0o444
    assert json.loads((tmp_path / "parameters.json").read_text()) == {"max_iter": "500", "a": "ä"}


def test_seven_sources_with_the_longest_names_are_told(claim: Path, tmp_path: Path) -> None:
    names = [str(number) * 40 for number in range(1, 8)]
    sources = [{**pinned(claim), "name": name} for name in names]
    code, message = perform("fetch", into=str(tmp_path / "into"), sources=sources)
    assert (code, [source["name"] for source in message["sources"]]) == (0, names)


def test_fetch_of_changed_bytes_leaves_nothing(claim: Path, tmp_path: Path) -> None:
    task = {"into": str(tmp_path / "into"), "sources": [pinned(claim)]}
    assert perform("fetch", **task)[0] == 0
    (claim / "data" / "a.csv").write_bytes(b"9,9\n")
    code, message = perform("fetch", **task)
    assert (code, message["error"]["reason"], message["error"]["source"]) == (10, "DataChanged", "train")
    assert left_in(tmp_path / "into") == []


def test_fetch_of_other_bytes_than_the_users_digest(claim: Path, tmp_path: Path) -> None:
    digest = identity.sha256_of(b"other")
    one = source(claim, digest=digest, identity=digest, strength="Strong")
    assert refused("fetch", into=str(tmp_path / "into"), sources=[one]) == (10, "DigestMismatch")
    code, message = perform("resolve", sources=[source(claim, digest=digest)])
    assert (code, message["errors"][0]["reason"]) == (10, "DigestMismatch")


def test_seven_sources_fit_into_the_message_whatever_their_names(claim: Path, tmp_path: Path) -> None:
    seven = [{**pinned(claim), "name": f"source-{number}-{'x' * 31}"} for number in range(7)]
    code, message = perform("fetch", into=str(tmp_path / "into"), sources=seven)
    assert (code, len(message["sources"])) == (0, 7)


def test_more_sources_than_the_message_holds_are_refused_before_the_work(claim: Path, tmp_path: Path) -> None:
    many = [{**pinned(claim), "name": f"source-{number}"} for number in range(20)]
    assert refused("fetch", into=str(tmp_path / "into"), sources=many) == (30, "MalformedTask")
    assert not (tmp_path / "into").exists()


def test_fetch_of_a_model_fills_the_mount(claim: Path, tmp_path: Path) -> None:
    into = tmp_path / "models"
    into.mkdir()
    (into / "left over").write_text("by a former start")
    content = tree.read(claim, "data")
    model = {"uri": "pvc://claim/data", "path": f"{claim}/data", "digest": content.digest, "into": str(into)}
    assert perform("fetch", model=model) == (0, {"v": 1, "digest": content.digest, "size": 6})
    assert left_in(into) == ["a.csv", "inner", "inner/b.csv"]
    assert tree.read(into).digest == content.digest
    (claim / "data" / "a.csv").write_bytes(b"9,9\n")
    assert refused("fetch", model=model) == (10, "DigestMismatch")
    assert left_in(into) == []


def test_verify_counts_and_compares(claim: Path) -> None:
    content = tree.read(claim, "data")
    task = {"uri": "pvc://claim/data", "path": f"{claim}/data", "digest": content.digest}
    assert perform("verify", **task) == (0, {"v": 1, "digest": content.digest, "size": 6, "files": 2})
    (claim / "data" / "more").write_text("")
    code, message = perform("verify", **task)
    assert (code, message["error"]["reason"]) == (10, "DigestMismatch")
    assert content.digest in message["error"]["message"]
    assert tree.read(claim, "data").digest in message["error"]["message"]


def test_verify_of_what_is_not_there_or_odd(claim: Path) -> None:
    task = {"uri": "pvc://claim/no", "path": f"{claim}/no", "digest": identity.sha256_of(b"")}
    code, message = perform("verify", **task)
    assert (code, message["error"]["reason"]) == (10, "NotFound")
    assert message["error"]["message"].startswith("pvc://claim/no is not there: ")
    os.mkfifo(claim / "no")
    assert refused("verify", **task) == (10, "BadTree")
