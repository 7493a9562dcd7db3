"""recover: what publish told, told again from the store; and what a store may hold instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import perform, refused

READ = {f"data-{number}-{'x' * 40}": "sha256:" + 64 * "a" for number in range(7)}
NUMBERS = {"accuracy": 0.1 + 0.2, "loss": 5, "tiny": 1e-9, "big": 2**60}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m").write_bytes(b"m" * 1000)
    (tmp_path / "metrics.json").write_text(json.dumps(NUMBERS))
    return tmp_path / "store"


def published(store: Path, **more: Any) -> Any:
    code, message = perform(
        "publish",
        model=str(store.parent / "model"),
        metrics=str(store.parent / "metrics.json"),
        maxSize=1 << 20,
        timeout=0,
        format="sklearn",
        **{**task(store), **more},
    )
    assert code == 0
    return message


def task(store: Path, **more: Any) -> dict[str, Any]:
    members = {"store": str(store), "name": "churn", "run": "uid-3", "attempt": 1, "report": list(NUMBERS)}
    return {**members, **more}


def test_it_tells_what_publish_told(store: Path) -> None:
    message = published(store)
    assert perform("recover", **task(store)) == (0, message)
    assert message["metrics"]["accuracy"] == "0.30000000000000004"


def test_what_was_read_is_told_too_when_publish_knew_it(store: Path) -> None:
    message = published(store, read=READ)
    assert perform("recover", **task(store)) == (0, {**message, "read": READ})


@pytest.mark.parametrize("other", [{"attempt": 2}, {"run": "uid-4"}, {"name": "other"}])
def test_what_was_never_published_is_not_found(store: Path, other: dict[str, Any]) -> None:
    published(store)
    assert refused("recover", **task(store, **other)) == (10, "NotFound")


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def apply(raw: bytes) -> bytes:
        value = json.loads(raw)
        change(value)
        return json.dumps(value).encode()

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-1],
        lambda raw: b"",
        lambda raw: b"[]",
        lambda raw: b"\xff",
        lambda raw: b"[" * 100_000,
        changed(lambda value: value.update(run="uid-4")),
        changed(lambda value: value.update(attempt=2)),
        changed(lambda value: value.update(digest="md5:1")),
        changed(lambda value: value.update(size=-1)),
        changed(lambda value: value.update(metrics={"accuracy": "high"})),
        changed(lambda value: value.update(read={"train": "nonsense"})),
        changed(lambda value: value.pop("metrics")),
    ],
)
def test_a_result_that_publish_did_not_write_is_a_conflict(store: Path, spoil: Callable[[bytes], bytes]) -> None:
    published(store)
    path = store / "churn/runs/uid-3/a1/result.json"
    path.write_bytes(spoil(path.read_bytes()))
    assert refused("recover", **task(store)) == (10, "StoreConflict")


def test_a_result_that_is_a_link_is_refused(store: Path) -> None:
    published(store)
    path = store / "churn/runs/uid-3/a1/result.json"
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    assert refused("recover", **task(store)) == (10, "BadTree")
