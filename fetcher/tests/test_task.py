"""The decoder: what is not understood in full is a bug of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import perform

from millrace_fetcher import cli
from millrace_fetcher.task import Location, ResolveTask, SourceTask, decode
from millrace_fetcher.task_results import PublishTask, RegisterTask, StoreTask

PUBLISH: dict[str, Any] = {
    "v": 1,
    "model": "/millrace/output/model",
    "metrics": "/millrace/output/metrics.json",
    "store": "/millrace/store/models",
    "name": "churn",
    "run": "6f1c-3",
    "attempt": 1,
    "report": ["accuracy"],
    "maxSize": 1073741824,
    "timeout": 1800,
    "format": "sklearn",
}


def test_publish_is_decoded() -> None:
    task = decode("publish", json.dumps(PUBLISH))
    assert isinstance(task, PublishTask)
    assert (task.store, task.max_size, task.report) == (StoreTask("/millrace/store/models"), 1 << 30, ("accuracy",))


def test_resolve_is_decoded() -> None:
    digest = "sha256:" + "0" * 64
    sources = [
        {"name": "train", "uri": "pvc://claim/data", "path": "/millrace/sources/train/data"},
        {"name": "holdout", "uri": "https://x/y", "digest": digest, "secret": "/millrace/secrets/holdout"},
    ]
    assert decode("resolve", json.dumps({"v": 1, "sources": sources})) == ResolveTask(
        (
            SourceTask("train", Location("pvc://claim/data", Path("/millrace/sources/train/data"))),
            SourceTask("holdout", Location("https://x/y", None, digest, Path("/millrace/secrets/holdout"))),
        )
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"v": 2}, "v must be 1"),
        ({"v": True}, "v must be 1"),
        ({"extra": 1}, "extra"),
        ({"model": "relative"}, "model"),
        ({"model": "/a/../b"}, "model"),
        ({"name": "../churn"}, "name"),
        ({"run": "a/b"}, "run"),
        ({"attempt": "1"}, "attempt"),
        ({"attempt": 0}, "attempt"),
        ({"attempt": True}, "attempt"),
        ({"maxSize": 1.5}, "maxSize"),
        ({"report": "accuracy"}, "report"),
        ({"report": [1]}, "report[0]"),
        ({"format": ""}, "format"),
    ],
)
def test_a_wrong_member_is_named(change: dict[str, Any], told: str) -> None:
    code, raw = cli.perform("publish", json.dumps({**PUBLISH, **change}))
    error = json.loads(raw)["error"]
    assert (code, error["reason"]) == (30, "MalformedTask")
    assert told in error["message"]


@pytest.mark.parametrize("key", sorted(PUBLISH))
def test_a_missing_member_is_named(key: str) -> None:
    left = {name: value for name, value in PUBLISH.items() if name != key}
    code, raw = cli.perform("publish", json.dumps(left))
    assert code == 30
    assert f"{key} must be present" in json.loads(raw)["error"]["message"]


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"v":1,"v":1}', "[" * 100000])
def test_what_is_no_task_is_refused(text: str | None) -> None:
    assert cli.perform("resolve", text)[0] == 30


@pytest.mark.parametrize(
    "source",
    [
        {"name": "a", "uri": "pvc://claim/x"},
        {"name": "a", "uri": "pvc://claim/x", "path": "/elsewhere"},
        {"name": "a", "uri": "https://x", "path": "/a"},
        {"name": "a", "uri": "https://x", "digest": "sha256:0"},
        {"name": "a", "uri": "https://x", "identity": "x"},
        {"name": "a/b/c", "uri": "https://x"},
    ],
)
def test_wrong_sources_are_refused(source: dict[str, str]) -> None:
    code, message = perform("resolve", sources=[source])
    assert code == 30
    assert message.get("error", {}).get("reason", "") == "MalformedTask" or message["errors"]


@pytest.mark.parametrize("uri", ["azure://bucket/x", "http://host/x", "ftp://host", "plain"])
def test_an_unknown_scheme_is_an_error(uri: str) -> None:
    code, message = perform("resolve", sources=[{"name": "a", "uri": uri}])
    assert code == 30
    assert "scheme" in message["errors"][0]["message"]


REGISTER = {
    "v": 1,
    "uri": "http://mlflow:5000",
    "experiment": "churn",
    "model": "churn",
    "versionName": "churn-v7",
    "uid": "6f1c",
    "runId": "6f1d-3",
    "source": "s3://models/churn",
    "parameters": {"max_iter": "500"},
    "metrics": {"accuracy": "0.931", "loss": 5},
    "tags": {"a": "b"},
    "aliases": ["champion"],
    "startTime": 1,
    "endTime": 2,
}


def test_register_is_decoded() -> None:
    task = decode("register", json.dumps(REGISTER))
    assert isinstance(task, RegisterTask)
    assert (task.run.metrics, task.run.secret, task.aliases) == ({"accuracy": 0.931, "loss": 5}, None, ("champion",))


@pytest.mark.parametrize(
    "change",
    [
        {"uid": "a' or '1' = '1"},
        {"runId": 'a"b'},
        {"metrics": {"accuracy": "NaN"}},
        {"metrics": {"accuracy": "high"}},
        {"metrics": {"accuracy": True}},
        {"metrics": {"accuracy": None}},
        {"parameters": {"max_iter": 500}},
        {"tags": []},
        {"aliases": "champion"},
        {"startTime": -1},
        {"extra": 1},
    ],
)
def test_a_wrong_registration_is_refused(change: dict[str, Any]) -> None:
    code, message = perform("register", **{**REGISTER, **change})
    assert (code, message["error"]["reason"]) == (30, "MalformedTask")


def test_an_unknown_verb_is_refused() -> None:
    assert cli.perform("walk", "{}")[0] == 30


def test_an_unexpected_error_is_told_without_its_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> tuple[int, bytes]:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(cli, "_perform", broken)
    code, raw = cli.perform("publish", json.dumps(PUBLISH))
    assert (code, json.loads(raw)["error"]["reason"]) == (30, "InternalError")
    assert b"hunter2" not in raw
    assert "hunter2" not in capsys.readouterr().err
