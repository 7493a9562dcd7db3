"""The demo's manifests, and the data that it trains on."""

from __future__ import annotations

import gzip
from pathlib import Path

from cluster.kubectl import Object

NAMESPACE = "demo"
ROWS = 569
API = "millrace.dev/v1alpha1"
IMAGE = "docker.io/millrace/mlserver-sklearn:demo"
BUSY = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}

# One row of the breast-cancer data set (30 features): what the load asks about.
ROW = [
    17.99, 10.38, 122.8, 1001.0, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871, 1.095, 0.9053, 8.589, 153.4, 0.006399,
    0.04904, 0.05373, 0.01587, 0.03003, 0.006193, 25.38, 17.33, 184.6, 2019.0, 0.1622, 0.6656, 0.7119, 0.2654, 0.4601, 0.1189,
]  # fmt: skip


def namespace() -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def training_job(parameters: dict[str, str]) -> Object:
    """With data and models in claims; only `parameters` change."""
    return {
        "apiVersion": API,
        "kind": "TrainingJob",
        "metadata": {"name": "cancer", "namespace": NAMESPACE},
        "spec": {
            "model": "cancer",
            "data": [{"name": "train", "uri": "pvc://data/cancer.csv"}],
            "train": {"image": IMAGE, "command": ["python", "/opt/demo/train.py"], "resources": BUSY},
            "evaluate": {"image": IMAGE, "command": ["python", "/opt/demo/evaluate.py"], "resources": BUSY},
            "parameters": parameters,
            "output": {
                "format": "sklearn",
                "store": {"pvc": {"claimName": "models", "path": "store"}},
                "metrics": ["accuracy", "rows"],
            },
            "triggers": {"newData": True},
            "retry": {"limit": 1, "backoff": "5s"},
            "version": {"gates": [{"metric": "accuracy", "min": "0.90"}]},
        },
    }


def inference_service() -> Object:
    return {
        "apiVersion": API,
        "kind": "InferenceService",
        "metadata": {"name": "cancer", "namespace": NAMESPACE},
        "spec": {
            "model": "cancer",
            "version": {"policy": "Latest"},
            "container": {"image": IMAGE, "resources": BUSY},
            "replicas": 1,
            "rollout": {
                "steps": [{"weight": 50, "pause": "30s"}, {"weight": 100}],
                "bake": "15s",
                "drain": "10s",
                "progressDeadline": "5m",
            },
        },
    }


HOST = "cancer.example.org"
STEPS = (20, 50)  # and then 100


def measured_service() -> Object:
    """The same behind a gateway, and judged by what Prometheus says of it."""
    service = inference_service()
    spec = service["spec"]
    spec["route"] = {"provider": "GatewayAPI", "gateway": {"parentRefs": [{"name": "gw", "namespace": "infra"}], "hostnames": [HOST]}}
    spec["rollout"]["steps"] = [*({"weight": weight, "pause": "20s"} for weight in STEPS), {"weight": 100, "pause": "10s"}]
    metrics = [{"preset": "ErrorRatio", "max": "0.05"}, {"preset": "LatencyP95", "max": "250ms"}]
    spec["rollout"]["analysis"] = {"interval": "10s", "warmup": "5s", "metrics": metrics}
    return service


def data() -> tuple[str, list[str]]:
    """Header, with a column `target`, and rows of scikit-learn's breast-cancer data, from the file in this folder."""
    packed = Path(__file__).with_name("cancer.csv.gz").read_bytes()
    header, *rows = gzip.decompress(packed).decode().splitlines()
    assert header.endswith(",target") and len(rows) == ROWS
    return header, rows


def infer_body() -> str:
    values = ",".join(str(v) for v in ROW)
    return f'{{"inputs":[{{"name":"x","shape":[1,30],"datatype":"FP64","data":[{values}]}}]}}'
