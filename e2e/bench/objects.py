"""What the benchmark applies: model versions made by hand and services pinned to them; runs and services that follow them."""

from __future__ import annotations

import hashlib
from typing import Any

Object = dict[str, Any]
NAMESPACE = "bench"
API = "millrace.dev/v1alpha1"
CLAIM = "models"
IMAGE = "docker.io/millrace/mlserver-sklearn:demo"


def pinned(number: int) -> list[Object]:
    """One model, its version made by hand, and the service that is pinned to it."""
    model = f"pinned-{number}"
    digest = "sha256:" + hashlib.sha256(model.encode()).hexdigest()
    artifact = {"uri": f"pvc://{CLAIM}/{model}", "digest": digest, "format": "sklearn"}
    version = _object("ModelVersion", f"{model}-v1", {"model": model, "version": 1, "artifact": artifact})
    return [version, _service(model, {"policy": "Pinned", "name": f"{model}-v1"}, {"strategy": "Recreate"})]


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
    rollout = {"steps": [{"weight": 50, "pause": "1s"}, {"weight": 100}], "bake": "1s", "drain": "10s"}
    return [_object("TrainingJob", model, job), _service(model, {"policy": "Latest"}, rollout)]


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
