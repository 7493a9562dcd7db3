"""Storage without a provisioner: a folder of the cluster, a volume on it, and the claim that it is reserved for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testbed.cluster import Cluster
from testbed.shell import TestbedError, run, wait_for

_UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def bytes_of(size: str) -> int:
    number, unit = size[:-2], size[-2:]
    if unit not in _UNITS or not number.isdigit() or number == "0":
        raise TestbedError(f"size {size!r}: allowed is a whole number with Ki, Mi or Gi, as 64Mi")
    return int(number) * _UNITS[unit]


def manifests(namespace: str, claim: str, size: str, folder: Path) -> list[dict[str, Any]]:
    """Namespace, volume and claim; both sides name each other, so no other pair can form."""
    name = f"{namespace}-{claim}"
    common = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            **common,
            "capacity": {"storage": size},
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": namespace, "name": claim},
            "hostPath": {"path": str(folder), "type": "Directory"},
        },
    }
    asks = {**common, "volumeName": name, "resources": {"requests": {"storage": size}}}
    pvc = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim, "namespace": namespace}, "spec": asks}
    return [volume, pvc]


def make(cluster: Cluster, namespace: str, claim: str, size: str, *, tmpfs: bool) -> Path:
    """Idempotent; the folder's content is kept."""
    count = bytes_of(size)
    folder = cluster.paths.volumes / namespace / claim
    folder.mkdir(parents=True, exist_ok=True)
    if tmpfs and not folder.is_mount():
        run(["mount", "-t", "tmpfs", "-o", f"size={count},mode=0777", "testbed", folder])
    folder.chmod(0o777)  # containers of many users write here
    if not cluster.answers("get", "namespace", namespace):
        cluster.kubectl("create", "namespace", namespace)
    volume, pvc = manifests(namespace, claim, size, folder)
    phase = "jsonpath={.status.phase}"
    if cluster.kubectl("get", "pv", volume["metadata"]["name"], "--ignore-not-found", "-o", phase) == "Released":
        cluster.kubectl("delete", "pv", volume["metadata"]["name"])  # it waits for a claim that went with its namespace
    cluster.kubectl("apply", "-f", "-", stdin="\n---\n".join(json.dumps(manifest) for manifest in (volume, pvc)))
    wait_for(
        f"claim {namespace}/{claim} to be bound",
        lambda: cluster.kubectl("-n", namespace, "get", "pvc", claim, "-o", phase) == "Bound",
        60,
    )
    return folder
