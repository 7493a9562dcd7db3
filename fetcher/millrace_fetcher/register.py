"""register: a version becomes known to MLflow, with the run that made it. Exactly once, wherever it is interrupted:
everything made carries our id from its creation on and is looked for before it is made (docs/pods.md)."""

from __future__ import annotations

import posixpath
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millrace_fetcher import aliases, mlflow, report
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.mlflow import Api, Json, Refused
from millrace_fetcher.patience import Patience
from millrace_fetcher.task_results import RegisterTask

PATIENCE = 20.0  # seconds; an outage that lasts longer is for the next Job

RUN_ID = "millrace.dev/run-id"
MADE = "millrace.dev/made"  # seconds since 1970
ADOPTED = "millrace.dev/adopted"
UID = "millrace.dev/uid"
VERSION_NAME = "millrace.dev/version"
# On the run, so that a version which a person deleted is not registered again.
REGISTERED = "millrace.dev/registered."

SETTLED = 60.0  # seconds after which two registrations at once have ended

# What MLflow's own validation allows (mlflow/utils/validation.py).
LONGEST_KEY, LONGEST_PARAMETER, LONGEST_TAG = 250, 6000, 8000
MOST_PER_BATCH = 100


@dataclass(frozen=True)
class Run:
    """`id` is empty when a person deleted the run: it stays deleted."""

    id: str
    finished: bool = False
    registered: str | None = None


def valid_key(key: str) -> str:
    """A name that MLflow takes for a parameter, metric or tag: it refuses those that are no plain path."""
    plain = re.sub(r"[^/\w.\- ]", "_", key, flags=re.ASCII)[:LONGEST_KEY]
    parts = [part if part not in {"", ".", ".."} else "_" for part in plain.split("/")]
    joined = "/".join(parts)[:LONGEST_KEY]
    return joined if posixpath.normpath(joined) == joined else "_"


def _shortened(values: Mapping[str, str], longest: int) -> list[Json]:
    return mlflow.tag_list({valid_key(key): _first(value, longest) for key, value in values.items()})


def _first(text: str, longest: int) -> str:
    """MLflow counts characters, not bytes."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _busy() -> Failure:
    return Failure(Reason.UNREACHABLE, "another registration of the same run goes on in MLflow")


def _finished(run: Json) -> bool:
    return bool(run["info"].get("status") == "FINISHED")


def _deleted(run: Json) -> bool:
    return bool(run["info"].get("lifecycle_stage") == "deleted")


def _run_of(found: Json, uid: str) -> Run:
    info, tags = found["info"], mlflow.tags_of(found.get("data", {}))
    return Run("" if _deleted(found) else info["run_id"], _finished(found), tags.get(REGISTERED + uid))


class Registration:
    def __init__(self, api: Api, task: RegisterTask) -> None:
        self._api = api
        self._task = task

    def perform(self) -> Json:
        version = self._version()
        if version is None:
            version = self._new_version(self._complete(self._run(self._experiment())))
        run_id = version.get("run_id", "")
        self._remember(run_id, version)
        ours = aliases.Claim(self._api, version["name"], int(version["version"]), self._order(version))
        held = [alias for alias in self._task.aliases if ours.take(alias)]
        return {"v": 1, "mlflowRunId": run_id, "version": str(version["version"]), "aliases": held}

    def _order(self, version: Json) -> int:
        """Which of two versions is later. A version registered late, after an outage, is none the newer for it."""
        number = re.search(r"-v(\d{1,9})$", self._task.version_name)
        return int(number[1]) if number else int(version["version"])

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
        # Another registration made it meanwhile.
        return self._experiment()

    def _run(self, experiment: str) -> Run:
        found = self._runs(experiment)
        if not found:
            return _run_of(self._new_run(experiment), self._task.uid)
        found.sort(key=lambda run: (_deleted(run), not _finished(run), run["info"]["run_id"]))
        for twin in found[1:]:
            self._drop_leftover(twin)
        if not _deleted(found[0]) and not _finished(found[0]):
            self._adopt(found[0]["info"]["run_id"])
        return _run_of(found[0], self._task.uid)

    def _new_run(self, experiment: str) -> Json:
        made: Json = self._api.member(self._api.post("runs/create", self._run_request(experiment)), "run")
        others = [run for run in self._runs(experiment) if run["info"]["run_id"] != made["info"]["run_id"]]
        if others:
            # The other registration may have gone on already without seeing this run, so this run gives way.
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
        name, start = self._task.version_name, self._task.start_time
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

    def _complete(self, run: Run) -> Run:
        """FINISHED is written last: a run that has it holds everything, and what people changed since is theirs."""
        if run.registered is not None:
            message = f"MLflow's version {run.registered} of {self._task.model} was deleted there; to have it again, "
            raise Failure(Reason.NOT_FOUND, message + f"delete the tag {REGISTERED}{self._task.uid} of its run")
        if not run.id:
            report.say(f"the run of {self._task.run_id} was deleted in MLflow: the version is registered without it")
        elif not run.finished:
            self._log(run.id)
            end = {"run_id": run.id, "status": "FINISHED", "end_time": self._task.end_time}
            self._api.post("runs/update", end)
        return run

    def _log(self, run_id: str) -> None:
        """Again with the same values changes nothing: MLflow keeps equal metrics and parameters once."""
        at = self._task.end_time
        numbers = [
            {"key": valid_key(key), "value": value, "timestamp": at, "step": 0}
            for key, value in self._task.metrics.items()
        ]
        parameters = _shortened(self._task.parameters, LONGEST_PARAMETER)
        tags = _shortened(self._task.tags, LONGEST_TAG)
        for start in range(0, max(len(numbers), len(parameters), len(tags)), MOST_PER_BATCH):
            part = slice(start, start + MOST_PER_BATCH)
            batch = {"metrics": numbers[part], "params": parameters[part], "tags": tags[part]}
            self._api.post("runs/log-batch", {"run_id": run_id, **batch})

    def _version(self) -> Json | None:
        """Looked for by our id alone: under another name it is still the same, a person renamed the model."""
        found = self._api.get("model-versions/search", filter=f"tags.`{UID}` = '{self._task.uid}'")
        versions = sorted(found.get("model_versions", []), key=lambda version: int(version["version"]))
        for twin in versions[1:]:
            self._drop_version(twin)
        return versions[0] if versions else None

    def _drop_version(self, twin: Json) -> None:
        """MLflow numbers in order, so two registrations at once agree on the first, and both may drop the second."""
        try:
            self._api.delete("model-versions/delete", {"name": twin["name"], "version": twin["version"]})
        except Refused as refused:
            if refused.code != mlflow.ABSENT:
                raise

    def _new_version(self, run: Run) -> Json:
        self._ensure_model()
        self._api.post("model-versions/create", self._version_request(run))
        made = self._version()
        if made is None:
            raise Failure(Reason.UNREACHABLE, "MLflow does not show the version that it created")
        return made

    def _version_request(self, run: Run) -> Json:
        own = {UID: self._task.uid, RUN_ID: self._task.run_id, VERSION_NAME: self._task.version_name}
        given = {key: value for key, value in self._task.tags.items() if not key.startswith("mlflow.")}
        tags = _shortened({**given, **own}, LONGEST_TAG)
        request = {"name": self._task.model, "source": self._task.source, "tags": tags}
        return {**request, "run_id": run.id} if run.id else request

    def _ensure_model(self) -> None:
        try:
            self._api.post("registered-models/create", {"name": self._task.model})
        except Refused as refused:
            if refused.code != mlflow.EXISTS:
                raise

    def _remember(self, run_id: str, version: Json) -> None:
        if not run_id:
            return
        tag = {"run_id": run_id, "key": REGISTERED + self._task.uid, "value": str(version["version"])}
        try:
            self._api.post("runs/set-tag", tag)
        except Refused as refused:
            report.say(f"the run is no longer open to tags: {refused.message}")


def register(task: RegisterTask, patience: Patience | None = None) -> bytes:
    patience = patience or Patience(PATIENCE)
    registration = Registration(Api(task.uri, task.secret), task)
    done: dict[str, Any] = patience.until_done(registration.perform)
    report.say(f"{task.version_name} is version {done['version']} of {task.model} in MLflow")
    return report.bounded(done)
