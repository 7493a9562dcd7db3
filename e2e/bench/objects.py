"""What the benchmark applies: model versions made by hand and services pinned to them; runs and services that follow them."""

from __future__ import annotations

import hashlib
from typing import Any

Object = dict[str, Any]
NAMESPACE = "bench"
API = "millrace.dev/v1alpha1"
CLAIM = "models"
JSON, MERGE = "application/json", "application/merge-patch+json"
IMAGE = "docker.io/millrace/mlserver-sklearn:demo"


# A canary as short as the rules allow.
ROLLOUT = {"steps": [{"weight": 50, "pause": "1s"}, {"weight": 100}], "bake": "1s", "drain": "10s"}


def version(number: int, of: int) -> Object:
    """A version of the pinned model of this number, made by hand."""
    model = f"pinned-{number}"
    digest = "sha256:" + hashlib.sha256(f"{model} {of}".encode()).hexdigest()
    artifact = {"uri": f"pvc://{CLAIM}/{model}/{of}", "digest": digest, "format": "sklearn"}
    return _object("ModelVersion", f"{model}-v{of}", {"model": model, "version": of, "artifact": artifact})


def pinned(number: int) -> Object:
    """The service that is pinned to its model's first version."""
    model = f"pinned-{number}"
    return _service(model, {"policy": "Pinned", "name": f"{model}-v1"}, ROLLOUT)


def post(one: Object) -> Object:
    """The request that makes it."""
    plural = one["kind"].lower() + "s"
    return {"method": "POST", "path": f"/apis/{API}/namespaces/{one['metadata']['namespace']}/{plural}", "contentType": JSON, "body": one}


def repinned(number: int, of: int) -> Object:
    """The request by which the pinned service is to serve another version."""
    path = f"/apis/{API}/namespaces/{NAMESPACE}/inferenceservices/pinned-{number}"
    return {"method": "PATCH", "path": path, "contentType": MERGE, "body": {"spec": {"version": {"name": f"pinned-{number}-v{of}"}}}}


def trained(number: int, parameters: dict[str, str]) -> list[Object]:
    """A run, and the service that takes its versions over by a canary as short as the rules allow."""
    model = f"trained-{number}"
    job = {
        "model": model,
        "data": [{"name": "train", "uri": f"pvc://{CLAIM}/train.csv"}],
        "train": {"image": IMAGE, "command": ["python", "train.py"]},
        "parameters": parameters,
        "output": {"format": "sklearn", "store": {"pvc": {"claimName": CLAIM, "path": "store"}}, "metrics": ["accuracy"]},
        "version": {"gates": [{"metric": "accuracy", "min": "0.5"}]},
    }
    return [_object("TrainingJob", model, job), _service(model, {"policy": "Latest"}, ROLLOUT)]


def namespaces(count: int) -> list[Object]:
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"poll-{number}"}} for number in range(count)]


def polling(number: int, namespaces: int, interval: str) -> Object:
    """A TrainingJob with data in DVC and code in git, looked at again each interval; neighbours share a repository."""
    model = f"polling-{number}"
    repo = f"https://git.example.org/team-{number // 10}.git"
    dvc = {"repo": repo, "path": f"data/{model}.csv"}
    job = {
        "model": model,
        "data": [{"name": "train", "dvc": dvc, "pollInterval": interval}],
        "code": {"repo": repo},
        "train": {"image": IMAGE, "command": ["python", "train.py"]},
        "output": {"format": "sklearn", "store": {"uri": "s3://models/store"}},
        "triggers": {"newData": True},
    }
    return _object("TrainingJob", model, job, f"poll-{number % namespaces}")


def _service(model: str, version: Object, rollout: Object) -> Object:
    return _object("InferenceService", model, {"model": model, "version": version, "container": {"image": IMAGE}, "rollout": rollout})


def _object(kind: str, name: str, spec: Object, namespace: str = NAMESPACE) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
