"""record: a run that made no version becomes known to MLflow, once."""

from __future__ import annotations

from typing import Any

from millrace_fetcher import mlflow_run, report
from millrace_fetcher.mlflow import Api
from millrace_fetcher.mlflow_run import RunRecord
from millrace_fetcher.patience import Patience
from millrace_fetcher.task_results import RecordTask


def record(task: RecordTask, patience: Patience | None = None) -> bytes:
    runs = RunRecord(Api(task.run.uri, task.run.secret), task.run)

    def perform() -> dict[str, Any]:
        run = runs.find()
        runs.complete(run)
        return {"v": 1, "mlflowRunId": run.id}

    return report.bounded((patience or Patience(mlflow_run.PATIENCE)).until_done(perform))
