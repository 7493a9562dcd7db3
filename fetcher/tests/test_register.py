"""register and record: against a real MLflow server, read back through MLflow's own client; interrupted everywhere."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from conftest import basic, perform, refused
from mlflow_server import Mlflow, serving
from proxy import Answer, Proxy, proxied

from millrace_fetcher import mlflow_run
from millrace_fetcher import register as registering
from millrace_fetcher.patience import Patience
from millrace_fetcher.task import decode
from millrace_fetcher.task_results import RegisterTask

API = "/api/2.0/mlflow/"
WRITES = re.compile("(POST|DELETE) .*/(create|update|log-batch|set-tag|alias)")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    with serving(tmp_path_factory.mktemp("mlflow")) as mlflow:
        yield mlflow


@pytest.fixture
def proxy(mlflow: Mlflow) -> Iterator[Proxy]:
    with proxied(mlflow.url) as proxy:
        proxy.host = "localhost"
        yield proxy


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_run, "PATIENCE", 0.0)


@pytest.fixture
def model() -> str:
    """A name that no other test uses."""
    return f"churn{next(_numbers)}"


def task(url: str, model: str, version: int = 7, **more: Any) -> dict[str, Any]:
    members = {
        "uri": url,
        "experiment": model,
        "model": model,
        "versionName": f"{model}-v{version}",
        "uid": f"uid-{model}-{version}",
        "runId": f"job-{model}-{version}",
        "source": f"s3://models/{model}/sha256/{version}",
        "parameters": {"max_iter": "500"},
        "metrics": {"accuracy": 0.931, "loss": "0.30000000000000004"},
        "tags": {"millrace.dev/data.train": "md5:1", "mlflow.source.git.commit": "c0ffee", "k8s.namespace": "team"},
        "aliases": ["champion"],
        "startTime": 1_700_000_000_000,
        "endTime": 1_700_000_060_000,
    }
    return {**members, **more}


def registered(url: str, model: str, version: int = 7, **more: Any) -> Any:
    code, message = perform("register", **task(url, model, version, **more))
    assert code == 0, message
    return message


def active(mlflow: Mlflow, model: str) -> list[Any]:
    return [run for run in mlflow.call("runs", model) if run["info"]["lifecycle_stage"] == "active"]


def test_a_version_is_registered_with_its_run(mlflow: Mlflow, model: str) -> None:
    message = registered(mlflow.url, model)
    (run,) = mlflow.call("runs", model)
    assert message == {"v": 1, "mlflowRunId": run["info"]["run_id"], "version": "1", "aliases": ["champion"]}
    info, data = run["info"], run["data"]
    assert (info["status"], info["start_time"], info["end_time"]) == ("FINISHED", 1_700_000_000_000, 1_700_000_060_000)
    assert info["run_name"] == f"{model}-v7"
    assert data["params"] == {"max_iter": "500"}
    assert data["metrics"] == {"accuracy": 0.931, "loss": 0.1 + 0.2}
    assert data["tags"].items() >= task("", model)["tags"].items()
    (version,) = mlflow.call("versions", model)
    assert (version["source"], version["run_id"]) == (f"s3://models/{model}/sha256/7", info["run_id"])
    assert version["tags"] == {
        "millrace.dev/uid": f"uid-{model}-7",
        "millrace.dev/run-id": f"job-{model}-7",
        "millrace.dev/version": f"{model}-v7",
        "millrace.dev/data.train": "md5:1",
        "k8s.namespace": "team",
    }
    assert mlflow.call("aliases", model) == {"champion": 1}


def test_again_changes_nothing(mlflow: Mlflow, model: str) -> None:
    first = registered(mlflow.url, model)
    before = mlflow.call("runs", model), mlflow.call("versions", model)
    assert registered(mlflow.url, model) == first
    assert (mlflow.call("runs", model), mlflow.call("versions", model)) == before
    assert mlflow.call("history", first["mlflowRunId"], "accuracy") == [[0.931, 1_700_000_060_000, 0]]


def test_cut_at_every_request_it_is_registered_once(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    """The request has its effect, the answer is lost: what the server holds then is what any end there leaves. A
    request that only asks leaves what the one before it left."""
    registered(proxy.url, f"{model}-whole")
    whole = list(proxy.seen)
    writing = [number for number, request in enumerate(whole) if WRITES.search(request)]
    assert len(writing) == 10
    for cut in writing:
        name = f"{model}-{cut}"
        proxy.seen, proxy.let, proxy.deaf = [], cut, True
        assert refused("register", **task(proxy.url, name)) == (20, "Unreachable"), whole[cut]
        proxy.let = 1 << 30
        message = registered(proxy.url, name)
        (run,) = mlflow.call("runs", name)
        (version,) = mlflow.call("versions", name)
        assert (message["mlflowRunId"], message["aliases"]) == (run["info"]["run_id"], ["champion"]), whole[cut]
        assert (version["run_id"], run["info"]["status"]) == (run["info"]["run_id"], "FINISHED")
        assert mlflow.call("history", run["info"]["run_id"], "accuracy") == [[0.931, 1_700_000_060_000, 0]]
    assert mlflow.call("aliases", name) == {"champion": 1}


@pytest.mark.parametrize("call", ["runs/create", "model-versions/create"])
def test_killed_where_something_is_made_it_is_made_once(mlflow: Mlflow, proxy: Proxy, model: str, call: str) -> None:
    registered(proxy.url, f"{model}-whole")
    proxy.let, proxy.deaf = proxy.seen.index(f"POST {API}{call}"), True
    proxy.seen = []
    environment = {**os.environ, "MILLRACE_TASK": json.dumps({"v": 1, **task(proxy.url, model)})}
    line = [sys.executable, "-m", "millrace_fetcher.cli", "register"]
    with subprocess.Popen(line, env=environment, stderr=subprocess.DEVNULL) as process:
        proxy.at_cut = process.kill
        assert process.wait(60) == -signal.SIGKILL
    proxy.let = 1 << 30
    message = registered(proxy.url, model)
    (run,) = mlflow.call("runs", model)
    (version,) = mlflow.call("versions", model)
    assert (message["mlflowRunId"], version["run_id"]) == (run["info"]["run_id"], run["info"]["run_id"])


def test_an_alias_moves_on_though_it_was_cut(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    registered(proxy.url, model)
    proxy.seen = []
    registered(proxy.url, model, 8)
    first = next(at for at, request in enumerate(proxy.seen) if request.startswith(f"GET {API}registered-models/alias"))
    cuts = [at for at, request in enumerate(proxy.seen) if at >= first and WRITES.search(request)]
    assert len(cuts) == 3
    for number, cut in enumerate(cuts):
        proxy.seen, proxy.let, proxy.deaf = [], cut, True
        assert refused("register", **task(proxy.url, model, 9 + number)) == (20, "Unreachable")
        proxy.let = 1 << 30
        assert registered(proxy.url, model, 9 + number)["aliases"] == ["champion"]
        assert mlflow.call("aliases", model) == {"champion": 3 + number}


def test_several_at_once_register_once(mlflow: Mlflow, model: str) -> None:
    text = json.dumps({"v": 1, **task(mlflow.url, model)})
    wanted = decode("register", text)
    assert isinstance(wanted, RegisterTask)
    with ThreadPoolExecutor(3) as pool:
        raws = list(pool.map(lambda _: registering.register(wanted, Patience(60)), range(3)))
    (run,) = active(mlflow, model)
    (version,) = mlflow.call("versions", model)
    assert {raw.decode() for raw in raws} == {
        json.dumps(
            {"v": 1, "mlflowRunId": run["info"]["run_id"], "version": version["version"], "aliases": ["champion"]},
            separators=(",", ":"),
        )
    }
    assert version["run_id"] == run["info"]["run_id"]


def test_a_run_whose_maker_gives_way_is_not_used(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    """Two made a run at once. One of them is about to drop its own when a third one finds it."""
    proxy.let = 5
    assert refused("register", **task(proxy.url, model)) == (20, "Unreachable")
    proxy.let = 1 << 30
    (made,) = mlflow.call("runs", model)
    run_id = made["info"]["run_id"]

    def give_way(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("runs/set-tag") and active(mlflow, model):
            mlflow.call("delete_tag", run_id, "millrace.dev/run-id")
            mlflow.call("delete_run", run_id)

    proxy.instead = give_way
    assert refused("register", **task(proxy.url, model)) == (20, "Unreachable")
    proxy.instead = lambda handler: None
    message = registered(proxy.url, model)
    (run,) = active(mlflow, model)
    assert message["mlflowRunId"] == run["info"]["run_id"] != run_id


def test_a_run_that_a_person_deleted_stays_deleted(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    proxy.let = 5
    assert refused("register", **task(proxy.url, model)) == (20, "Unreachable")
    (run,) = mlflow.call("runs", model)
    mlflow.call("delete_run", run["info"]["run_id"])
    message = registered(mlflow.url, model)
    assert (message["mlflowRunId"], message["version"]) == ("", "1")
    assert active(mlflow, model) == []
    (version,) = mlflow.call("versions", model)
    assert not version["run_id"]
    assert registered(mlflow.url, model) == message


def test_a_run_deleted_after_it_was_registered_stays_deleted(mlflow: Mlflow, model: str) -> None:
    message = registered(mlflow.url, model)
    mlflow.call("delete_run", message["mlflowRunId"])
    assert registered(mlflow.url, model) == message
    assert active(mlflow, model) == []


def test_a_model_that_a_person_deleted_stays_deleted_until_the_next_version(mlflow: Mlflow, model: str) -> None:
    run = registered(mlflow.url, model)["mlflowRunId"]
    mlflow.call("delete_registered_model", model)
    code, message = perform("register", **task(mlflow.url, model))
    assert (code, message["error"]["reason"]) == (10, "NotFound")
    assert f"millrace.dev/registered.uid-{model}-7" in message["error"]["message"]
    assert mlflow.call("versions", model) == []
    assert registered(mlflow.url, model, 8)["version"] == "1"
    mlflow.call("delete_tag", run, f"millrace.dev/registered.uid-{model}-7")
    assert registered(mlflow.url, model)["version"] == "2"
    assert mlflow.call("aliases", model) == {"champion": 1}


def test_a_version_that_a_person_deleted_stays_deleted(mlflow: Mlflow, model: str) -> None:
    registered(mlflow.url, model)
    mlflow.call("delete_model_version", model, "1")
    assert refused("register", **task(mlflow.url, model)) == (10, "NotFound")
    assert mlflow.call("versions", model) == []


def test_a_model_that_a_person_renamed_is_the_same(mlflow: Mlflow, model: str) -> None:
    first = registered(mlflow.url, model)
    mlflow.call("rename_registered_model", model, f"{model}-renamed")
    assert registered(mlflow.url, model) == first
    assert mlflow.call("versions", model) == []


def test_an_experiment_that_a_person_deleted_is_told(mlflow: Mlflow, model: str) -> None:
    registered(mlflow.url, model)
    experiment = mlflow.call("runs", model)[0]["info"]["experiment_id"]
    mlflow.call("delete_experiment", experiment)
    code, message = perform("register", **task(mlflow.url, model, 8))
    assert (code, message["error"]["reason"]) == (10, "NotFound")
    assert "was deleted in MLflow" in message["error"]["message"]


def test_an_alias_follows_later_versions_only(mlflow: Mlflow, model: str) -> None:
    assert registered(mlflow.url, model, 7)["aliases"] == ["champion"]
    assert registered(mlflow.url, model, 9)["aliases"] == ["champion"]
    assert registered(mlflow.url, model, 8)["aliases"] == []  # came late, after an outage
    assert registered(mlflow.url, model, 7)["aliases"] == []
    assert mlflow.call("aliases", model) == {"champion": 2}
    assert registered(mlflow.url, model, 10)["aliases"] == ["champion"]
    assert mlflow.call("aliases", model) == {"champion": 4}


def test_an_alias_that_a_person_moved_stays_theirs(mlflow: Mlflow, model: str) -> None:
    registered(mlflow.url, model, 7)
    registered(mlflow.url, model, 8)
    mlflow.call("set_registered_model_alias", model, "champion", "1")
    for version in (7, 8, 9):
        held = ["champion"] if version == 7 else []
        assert registered(mlflow.url, model, version)["aliases"] == held
    assert mlflow.call("aliases", model) == {"champion": 1}
    # Handed back: to where we had put it.
    mlflow.call("set_registered_model_alias", model, "champion", "2")
    assert registered(mlflow.url, model, 10)["aliases"] == ["champion"]


def test_an_alias_that_a_person_removed_stays_away(mlflow: Mlflow, model: str) -> None:
    registered(mlflow.url, model, 7)
    mlflow.call("delete_registered_model_alias", model, "champion")
    assert registered(mlflow.url, model, 8)["aliases"] == []
    assert mlflow.call("aliases", model) == {}


def test_an_alias_that_was_there_before_us_stays(mlflow: Mlflow, model: str) -> None:
    registered(mlflow.url, model, 7, aliases=[])
    mlflow.call("set_registered_model_alias", model, "champion", "1")
    assert registered(mlflow.url, model, 8)["aliases"] == []
    mlflow.call("delete_registered_model_alias", model, "champion")
    assert registered(mlflow.url, model, 8, aliases=["champion", "blue"])["aliases"] == ["champion", "blue"]
    assert mlflow.call("aliases", model) == {"champion": 2, "blue": 2}


LONG = {f"p{number:03}": "x" * 10 for number in range(250)}
ODD = {"a//b": "1", "../up": "2", "/root": "3", "a b:c": "4", "k" * 300: "5", "tail/": "6", "empty": ""}


def test_what_mlflow_would_refuse_is_made_to_fit(mlflow: Mlflow, model: str) -> None:
    parameters = {**LONG, **ODD, "long": "y" * 6001, "ünï": "ä" * 6000}
    tags = {"long": "z" * 9000, "a//b": "1"}
    metrics = {"a//b": 1, "deep/er": 2.5}
    registered(mlflow.url, model, parameters=parameters, tags=tags, metrics=metrics)
    (run,) = mlflow.call("runs", model)
    stored = run["data"]["params"]
    assert len(stored) == len(parameters)
    assert stored["long"] == "y" * 5999 + "…"
    assert stored["_n_"] == "ä" * 6000
    assert (
        stored.items() >= {"a/_/b": "1", "_/up": "2", "_/root": "3", "a b_c": "4", "tail/_": "6", "empty": ""}.items()
    )
    assert stored["k" * 250] == "5"
    assert run["data"]["tags"]["long"] == "z" * 7999 + "…"
    assert run["data"]["metrics"] == {"a/_/b": 1.0, "deep/er": 2.5}


@pytest.mark.parametrize("alias", ["latest", "v7", "a b"])
def test_an_alias_that_mlflow_refuses_is_told_in_its_words(mlflow: Mlflow, model: str, alias: str) -> None:
    code, message = perform("register", **task(mlflow.url, model, aliases=[alias]))
    assert (code, message["error"]["reason"]) == (10, "NotSupported")
    assert "refused: " in message["error"]["message"]
    assert len(mlflow.call("versions", model)) == 1


def test_a_source_that_is_a_claim_is_taken(mlflow: Mlflow, model: str) -> None:
    registered(mlflow.url, model, source="pvc://claim/models/churn/sha256/ab")
    assert mlflow.call("versions", model)[0]["source"] == "pvc://claim/models/churn/sha256/ab"


def test_a_server_that_is_down_is_a_cause_of_the_place(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    proxy.let = 0
    assert refused("register", **task(proxy.url, model)) == (20, "Unreachable")
    assert refused("register", **task("http://127.0.0.1:1", model)) == (20, "Unreachable")
    assert refused("register", **task("http://no-such-host.invalid", model)) == (20, "Unreachable")
    assert mlflow.call("runs", model) == []


def test_an_outage_that_ends_in_time_is_waited_for(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    wanted = decode("register", json.dumps({"v": 1, **task(proxy.url, model)}))
    assert isinstance(wanted, RegisterTask)
    proxy.let = 4
    pauses: list[float] = []

    def back(seconds: float) -> None:
        pauses.append(seconds)
        proxy.let = 1 << 30

    assert json.loads(registering.register(wanted, Patience(60, pause=back)))["version"] == "1"
    assert pauses == [1]


def test_a_host_that_mlflow_does_not_allow_is_explained(proxy: Proxy, model: str) -> None:
    proxy.host = "mlflow.team.svc:5000"
    code, message = perform("register", **task(proxy.url, model))
    assert (code, message["error"]["reason"]) == (10, "Unauthorized")
    assert "--allowed-hosts 127.0.0.1:" in message["error"]["message"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, b"{}"), (10, "NotFound")),
        ((200, b"<html>"), (10, "NotFound")),
        ((404, b"<html>"), (10, "NotFound")),
        ((302, b""), (10, "RedirectRefused")),
        ((401, b"who"), (10, "Unauthorized")),
        ((403, b'{"error_code":"PERMISSION_DENIED","message":"no"}'), (10, "Unauthorized")),
        ((429, b""), (20, "Unreachable")),
        ((500, b'{"error_code":"INTERNAL_ERROR","message":"database is locked"}'), (20, "Unreachable")),
        ((400, b'{"error_code":"BAD_REQUEST","message":"UNIQUE constraint failed"}'), (20, "Unreachable")),
        ((400, b'{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}'), (10, "NotSupported")),
    ],
)
def test_other_answers_have_a_meaning(
    proxy: Proxy, model: str, answer: tuple[int, bytes], told: tuple[int, str]
) -> None:
    proxy.instead = lambda handler: (answer[0], [], answer[1])
    assert refused("register", **task(proxy.url, model)) == told


def test_credentials_are_sent_and_not_told(proxy: Proxy, model: str, tmp_path: Path) -> None:
    (tmp_path / "username").write_text("someone")
    (tmp_path / "password").write_text("hunter2")
    sent: list[str | None] = []

    def look(handler: BaseHTTPRequestHandler) -> Answer:
        sent.append(handler.headers["Authorization"])
        return 401, [], b"hunter2 is wrong"

    proxy.instead = look
    code, message = perform("register", **task(proxy.url, model, secret=str(tmp_path)))
    assert (code, sent) == (10, [basic("someone", "hunter2")])
    assert "hunter2" not in json.dumps(message)


def run_task(url: str, model: str, **more: Any) -> dict[str, Any]:
    of_a_version = {"model", "versionName", "uid", "source", "aliases"}
    members = {name: value for name, value in task(url, model).items() if name not in of_a_version}
    return {**members, "runName": f"{model}-r7", "status": "FAILED", "metrics": {}, **more}


def test_a_run_that_failed_is_recorded_without_a_version(mlflow: Mlflow, model: str) -> None:
    code, message = perform("record", **run_task(mlflow.url, model))
    (run,) = mlflow.call("runs", model)
    assert (code, message) == (0, {"v": 1, "mlflowRunId": run["info"]["run_id"]})
    info = run["info"]
    assert (info["status"], info["run_name"], info["end_time"]) == ("FAILED", f"{model}-r7", 1_700_000_060_000)
    assert run["data"]["params"] == {"max_iter": "500"}
    assert run["data"]["tags"].items() >= task("", model)["tags"].items()
    assert mlflow.call("versions", model) == []
    assert perform("record", **run_task(mlflow.url, model)) == (0, message)
    assert mlflow.call("runs", model) == [run]


def test_cut_at_every_request_a_run_is_recorded_once(mlflow: Mlflow, proxy: Proxy, model: str) -> None:
    perform("record", **run_task(proxy.url, f"{model}-whole"))
    for cut in range(len(proxy.seen)):
        name = f"{model}-{cut}"
        proxy.let, proxy.deaf = cut, True
        assert refused("record", **run_task(proxy.url, name)) == (20, "Unreachable")
        proxy.let = 1 << 30
        assert perform("record", **run_task(proxy.url, name))[0] == 0
        (run,) = active(mlflow, name)
        assert run["info"]["status"] == "FAILED"


def test_a_version_of_a_recorded_run_takes_that_run(mlflow: Mlflow, model: str) -> None:
    _, recorded = perform("record", **run_task(mlflow.url, model, status="FINISHED"))
    assert registered(mlflow.url, model)["mlflowRunId"] == recorded["mlflowRunId"]
    assert len(mlflow.call("runs", model)) == 1
