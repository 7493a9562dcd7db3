"""MLflow's own client, as another program: lines of JSON in, lines of JSON out. Run by the Python that has MLflow."""

import json
import sys

from mlflow import MlflowClient
from mlflow.entities import ViewType

client = MlflowClient(sys.argv[1])


def runs(experiment):
    found = client.get_experiment_by_name(experiment)
    ids = [found.experiment_id] if found else []
    return [run.to_dictionary() for run in client.search_runs(ids, run_view_type=ViewType.ALL)] if ids else []


def versions(model):
    found = client.search_model_versions(f"name='{model}'", order_by=["version_number ASC"])
    names = ("name", "version", "source", "run_id", "tags", "aliases")
    return [{name: getattr(version, name) for name in names} for version in found]


def aliases(model):
    return {name: int(version) for name, version in client.get_registered_model(model).aliases.items()}


def history(run, key):
    return [[metric.value, metric.timestamp, metric.step] for metric in client.get_metric_history(run, key)]


own = {"runs": runs, "versions": versions, "aliases": aliases, "history": history}

print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    call, *arguments = json.loads(line)
    value = own[call](*arguments) if call in own else getattr(client, call)(*arguments)
    print(json.dumps(value, default=lambda entity: None), flush=True)
