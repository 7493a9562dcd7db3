"""Claims with files in them, on any cluster: on a folder of this machine where the testbed can, else from the default storage class,
filled by a pod."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cluster.kubectl import Cluster, dig
from cluster.waits import wait_for

FILLER = "docker.io/millrace/mlserver-sklearn:demo"


def make(cluster: Cluster, namespace: str, claim: str, files: Mapping[str, str], size: str = "1Gi") -> None:
    if cluster.local:
        out = cluster.testbed("volume", "--claim", claim, "--namespace", namespace, "--size", size)
        folder = Path(out.strip().splitlines()[-1])
        for name, text in files.items():
            (folder / name).write_text(text)
        return
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    cluster.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim, "namespace": namespace}, "spec": spec})
    if files:
        _fill(cluster, namespace, claim, files)


def _fill(cluster: Cluster, namespace: str, claim: str, files: Mapping[str, str]) -> None:
    name = f"fill-{claim}"
    meta = {"name": name, "namespace": namespace}
    volumes = [
        {"name": "claim", "persistentVolumeClaim": {"claimName": claim}},
        {"name": "files", "configMap": {"name": name}},
    ]
    container = {
        "name": "fill",
        "image": FILLER,
        "command": ["sh", "-c", "cp -L /files/* /claim/"],
        "volumeMounts": [{"name": "claim", "mountPath": "/claim"}, {"name": "files", "mountPath": "/files"}],
    }
    security = {"fsGroup": 65532}
    pod = {"restartPolicy": "OnFailure", "securityContext": security, "volumes": volumes, "containers": [container]}
    cluster.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": dict(files)},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
    )
    wait_for(f"claim {claim} to be filled", lambda: dig(cluster.get("pod", name, namespace), "status.phase") == "Succeeded" or None)
    cluster.kubectl("-n", namespace, "delete", "pod,configmap", name)
