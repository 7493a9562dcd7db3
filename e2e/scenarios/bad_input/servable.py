"""A model of three small files, and a server of files in the place of a model server: ready in a second, and only if it serves the
model's own bytes, since its probes ask for two of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from demo import objects
from scenarios.manifests import Document, inference_service, model_version

SERVER = "trap 'exit 0' TERM; python -m http.server 8080 --directory /mnt/models & wait"
FILES = ("model.bin", "v2/health/live", "v2/models/m/ready")
MODEL = "m"


def write_model(folder: Path) -> str:
    """The digest of docs/pods.md: that of the manifest."""
    entries = []
    for name in sorted(FILES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        entries.append({"path": name, "sha256": hashlib.sha256(name.encode()).hexdigest(), "size": len(name)})
    manifest = json.dumps({"files": entries, "v": 1}, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


def version(namespace: str, number: int, digest: str) -> Document:
    """Of the model at pvc://models/m."""
    artifact = {"uri": "pvc://models/m", "digest": digest, "format": "sklearn"}
    return model_version(namespace, f"{MODEL}-v{number}", model=MODEL, version=number, artifact=artifact)


def service(namespace: str, name: str, number: int = 1, **spec: Any) -> Document:
    container = {"image": objects.IMAGE, "args": ["sh", "-c", SERVER], "resources": objects.BUSY}
    rollout = {"steps": [{"weight": 100}], "bake": "1s", "drain": "10s"}
    pinned = {"policy": "Pinned", "name": f"{MODEL}-v{number}"}
    return inference_service(namespace, name, **{"model": MODEL, "version": pinned, "container": container, "rollout": rollout} | spec)
