"""Manifests of the scenarios: the smallest that the rules allow, changed by keyword."""

from __future__ import annotations

import copy
from typing import Any

from demo import objects

Document = dict[str, Any]


def training_job(namespace: str, name: str = "job", **spec: Any) -> Document:
    """A TrainingJob of one file in claim `data`, published to claim `models`."""
    document = copy.deepcopy(objects.training_job({}))
    document["metadata"] = {"name": name, "namespace": namespace}
    document["spec"] |= {"model": name, "data": [{"name": "train", "uri": "pvc://data/train.csv"}]}
    document["spec"].pop("evaluate")
    document["spec"].pop("version")
    document["spec"].pop("triggers")
    document["spec"]["output"]["metrics"] = ["accuracy"]
    document["spec"] |= {
        "train": shell("mkdir -p /millrace/output/model; cp -r /millrace/data/train/. /millrace/output/model/; "
                       "echo '{\"accuracy\": 0.95}' > /millrace/output/metrics.json"),
    }  # fmt: skip
    document["spec"] |= spec
    return document


def shell(script: str) -> Document:
    return {"image": objects.IMAGE, "command": ["sh", "-ec", script], "resources": objects.BUSY}


def inference_service(namespace: str, name: str = "service", **spec: Any) -> Document:
    document = copy.deepcopy(objects.inference_service())
    document["metadata"] = {"name": name, "namespace": namespace}
    document["spec"] |= {"model": name} | spec
    return document


def model_version(namespace: str, name: str, **spec: Any) -> Document:
    base = {"model": "m", "version": 1, "artifact": {"uri": "pvc://models/m", "digest": "sha256:" + "0" * 64, "format": "sklearn"}}
    return {"apiVersion": objects.API, "kind": "ModelVersion", "metadata": {"name": name, "namespace": namespace}, "spec": base | spec}
