"""register: a version becomes known to MLflow, with the run that made it. Exactly once, wherever it is interrupted:
everything made carries our id from its creation on and is looked for before it is made (docs/pods.md)."""

from __future__ import annotations

import re
from typing import Any

from millrace_fetcher import aliases, mlflow, mlflow_run, report
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.mlflow import Api, Json, Refused
from millrace_fetcher.mlflow_run import LONGEST_TAG, RUN_ID, Run, RunRecord, shortened
from millrace_fetcher.patience import Patience
from millrace_fetcher.task_results import RegisterTask

UID = "millrace.dev/uid"
VERSION_NAME = "millrace.dev/version"
# On the run, so that a version which a person deleted is not registered again.
REGISTERED = "millrace.dev/registered."


class Registration:
    def __init__(self, api: Api, task: RegisterTask) -> None:
        self._api = api
        self._task = task

    def perform(self) -> Json:
        version = self._version()
        if version is None:
            version = self._new_version(self._run())
        run_id = version.get("run_id", "")
        self._remember(run_id, version)
        ours = aliases.Claim(self._api, version["name"], int(version["version"]), self._order(version))
        held = [alias for alias in self._task.aliases if ours.take(alias)]
        return {"v": 1, "mlflowRunId": run_id, "version": str(version["version"]), "aliases": held}

    def _order(self, version: Json) -> int:
        """Which of two versions is later. A version registered late, after an outage, is none the newer for it."""
        number = re.search(r"-v(\d{1,9})$", self._task.version_name)
        return int(number[1]) if number else int(version["version"])

    def _run(self) -> Run:
        record = RunRecord(self._api, self._task.run)
        run = record.find()
        registered = run.tags.get(REGISTERED + self._task.uid)
        if registered is not None:
            message = f"MLflow's version {registered} of {self._task.model} was deleted there; to have it again, "
            raise Failure(Reason.NOT_FOUND, message + f"delete the tag {REGISTERED}{self._task.uid} of its run")
        if not run.id:
            report.say(
                f"the run of {self._task.run.run_id} was deleted in MLflow: the version is registered without it"
            )
        record.complete(run)
        return run

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
        own = {UID: self._task.uid, RUN_ID: self._task.run.run_id, VERSION_NAME: self._task.version_name}
        given = {key: value for key, value in self._task.run.tags.items() if not key.startswith("mlflow.")}
        tags = shortened({**given, **own}, LONGEST_TAG)
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
    patience = patience or Patience(mlflow_run.PATIENCE)
    registration = Registration(Api(task.run.uri, task.run.secret), task)
    done: dict[str, Any] = patience.until_done(registration.perform)
    report.say(f"{task.version_name} is version {done['version']} of {task.model} in MLflow")
    return report.bounded(done)
