"""MLflow read by its own client: `mlflow_program.py URI runs EXPERIMENT | versions MODEL` prints a JSON list, oldest first."""

from __future__ import annotations

import json
import sys
from typing import Any

from mlflow import MlflowClient  # type: ignore[import-not-found, unused-ignore]


def runs(client: MlflowClient, name: str) -> list[dict[str, Any]]:
    experiment = client.get_experiment_by_name(name)
    found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"]) if experiment else []
    return [
        {
            "id": run.info.run_id,
            "status": run.info.status,
            "parameters": run.data.params,
            "metrics": run.data.metrics,
            "tags": run.data.tags,
        }
        for run in found
    ]


def versions(client: MlflowClient, name: str) -> list[dict[str, Any]]:
    found = sorted(client.search_model_versions(f"name = '{name}'"), key=lambda one: int(one.version))
    models = {model.name: model for model in client.search_registered_models(f"name = '{name}'")}
    aliases = {str(version): alias for model in models.values() for alias, version in model.aliases.items()}
    return [
        {
            "version": str(one.version),
            "run": one.run_id,
            "source": one.source,
            "tags": one.tags,
            "aliases": [alias for version, alias in aliases.items() if version == str(one.version)],
        }
        for one in found
    ]


if __name__ == "__main__":
    _, uri, what, wanted = sys.argv
    print(json.dumps({"runs": runs, "versions": versions}[what](MlflowClient(uri), wanted)))
