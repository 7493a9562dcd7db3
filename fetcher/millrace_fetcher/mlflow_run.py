"""A run in MLflow: found by our id or made, once, wherever that is interrupted; its end is written last."""

from __future__ import annotations

import posixpath
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from millrace_fetcher import mlflow
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.mlflow import Api, Json, Refused
from millrace_fetcher.task_results import RunTask

PATIENCE = 20.0  # seconds; an outage that lasts longer is for the next Job

RUN_ID = "millrace.dev/run-id"
MADE = "millrace.dev/made"  # seconds since 1970
ADOPTED = "millrace.dev/adopted"

SETTLED = 60.0  # seconds after which two that make the same run at once have ended

# What MLflow's own validation allows (mlflow/utils/validation.py).
LONGEST_KEY, LONGEST_PARAMETER, LONGEST_TAG = 250, 6000, 8000
MOST_PER_BATCH = 100
_ENDS = {"FINISHED", "FAILED", "KILLED"}


@dataclass(frozen=True)
class Run:
    """`id` is empty when a person deleted the run: it stays deleted."""

    id: str
    ended: bool
    tags: Mapping[str, str]


def valid_key(key: str) -> str:
    """A name that MLflow takes for a parameter, metric or tag: it refuses those that are no plain path."""
    plain = re.sub(r"[^/\w.\- ]", "_", key, flags=re.ASCII)[:LONGEST_KEY]
    parts = [part if part not in {"", ".", ".."} else "_" for part in plain.split("/")]
    joined = "/".join(parts)[:LONGEST_KEY]
    return joined if posixpath.normpath(joined) == joined else "_"


def shortened(values: Mapping[str, str], longest: int) -> list[Json]:
    return mlflow.tag_list({valid_key(key): _first(value, longest) for key, value in values.items()})


def _first(text: str, longest: int) -> str:
    """MLflow counts characters, not bytes."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _busy() -> Failure:
    return Failure(Reason.UNREACHABLE, "another Job makes the same run in MLflow")


def _deleted(run: Json) -> bool:
    return bool(run["info"].get("lifecycle_stage") == "deleted")


def _ended(run: Json) -> bool:
    return run["info"].get("status") in _ENDS


def _run_of(found: Json) -> Run:
    tags = mlflow.tags_of(found.get("data", {}))
    return Run("" if _deleted(found) else found["info"]["run_id"], _ended(found), tags)


class RunRecord:
    def __init__(self, api: Api, task: RunTask) -> None:
        self._api = api
        self._task = task

    def find(self) -> Run:
        return self._found_or_made(self._experiment())

    def complete(self, run: Run) -> None:
        """Its end is written last: a run that has one holds everything, and what people changed since is theirs."""
        if not run.id or run.ended:
            return
        self._log(run.id)
        end = {"run_id": run.id, "status": self._task.status, "end_time": self._task.end_time}
        self._api.post("runs/update", end)

    def _experiment(self) -> str:
        try:
            answer = self._api.get("experiments/get-by-name", experiment_name=self._task.experiment)
        except Refused as refused:
            if refused.code != mlflow.ABSENT:
                raise
            return self._new_experiment()
        found = self._api.member(answer, "experiment")
        if found.get("lifecycle_stage") == "deleted":
            message = f"the experiment {self._task.experiment} was deleted in MLflow: restore it, or name another"
            raise Failure(Reason.NOT_FOUND, message)
        return str(found["experiment_id"])

    def _new_experiment(self) -> str:
        try:
            answer = self._api.post("experiments/create", {"name": self._task.experiment})
            return str(self._api.member(answer, "experiment_id"))
        except Refused as refused:
            if refused.code != mlflow.EXISTS:
                raise
        # Another Job made it meanwhile.
        return self._experiment()

    def _found_or_made(self, experiment: str) -> Run:
        found = self._runs(experiment)
        if not found:
            return _run_of(self._new_run(experiment))
        found.sort(key=lambda run: (_deleted(run), not _ended(run), run["info"]["run_id"]))
        for twin in found[1:]:
            self._drop_leftover(twin)
        if not _deleted(found[0]) and not _ended(found[0]):
            self._adopt(found[0]["info"]["run_id"])
        return _run_of(found[0])

    def _new_run(self, experiment: str) -> Json:
        made: Json = self._api.member(self._api.post("runs/create", self._run_request(experiment)), "run")
        others = [run for run in self._runs(experiment) if run["info"]["run_id"] != made["info"]["run_id"]]
        if others:
            # The other Job may have gone on already without seeing this run, so this run gives way.
            self._drop(made)
            time.sleep(secrets.randbelow(1000) / 1000)  # two that give way to each other must not meet again
            raise _busy()
        return made

    def _drop_leftover(self, twin: Json) -> None:
        """A twin is about to be dropped by who made it, unless that one was killed."""
        made = mlflow.tags_of(twin["data"]).get(MADE, "")
        age = abs(time.time() - int(made)) if made.isdecimal() else SETTLED
        if not _deleted(twin) and age < SETTLED:
            raise _busy()
        self._drop(twin)

    def _runs(self, experiment: str) -> list[Json]:
        wanted = {
            "experiment_ids": [experiment],
            "filter": f"tags.\"{RUN_ID}\" = '{self._task.run_id}'",
            "run_view_type": "ALL",
            "max_results": 100,
        }
        return list(self._api.post("runs/search", wanted).get("runs", []))

    def _run_request(self, experiment: str) -> Json:
        tags = mlflow.tag_list({RUN_ID: self._task.run_id, MADE: str(int(time.time()))})
        name, start = self._task.name, self._task.start_time
        return {"experiment_id": experiment, "run_name": name, "start_time": start, "tags": tags}

    def _adopt(self, run_id: str) -> None:
        """Who made the run was interrupted, or is about to give way. Each of the two writes first and then looks, so
        that at least one of them sees the other."""
        try:
            self._api.post("runs/set-tag", {"run_id": run_id, "key": ADOPTED, "value": "true"})
        except Refused as refused:
            raise _busy() from refused
        if RUN_ID not in self._tags(run_id):
            raise _busy()

    def _drop(self, run: Json) -> None:
        if _deleted(run):
            return
        # Without the id first: it must not look like a run that a person deleted.
        identifier = run["info"]["run_id"]
        self._api.post("runs/delete-tag", {"run_id": identifier, "key": RUN_ID})
        if ADOPTED in self._tags(identifier):
            self._api.post("runs/set-tag", {"run_id": identifier, "key": RUN_ID, "value": self._task.run_id})
        else:
            self._api.post("runs/delete", {"run_id": identifier})

    def _tags(self, run_id: str) -> dict[str, str]:
        run = self._api.member(self._api.get("runs/get", run_id=run_id), "run")
        return mlflow.tags_of(run["data"])

    def _log(self, run_id: str) -> None:
        """Again with the same values changes nothing: MLflow keeps equal metrics and parameters once."""
        at = self._task.end_time
        numbers = [
            {"key": valid_key(key), "value": value, "timestamp": at, "step": 0}
            for key, value in self._task.metrics.items()
        ]
        parameters = shortened(self._task.parameters, LONGEST_PARAMETER)
        tags = shortened(self._task.tags, LONGEST_TAG)
        for start in range(0, max(len(numbers), len(parameters), len(tags)), MOST_PER_BATCH):
            part = slice(start, start + MOST_PER_BATCH)
            batch = {"metrics": numbers[part], "params": parameters[part], "tags": tags[part]}
            self._api.post("runs/log-batch", {"run_id": run_id, **batch})
