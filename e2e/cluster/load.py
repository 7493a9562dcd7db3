"""The load in a pod of the cluster, so that it meets what clients in the cluster meet; its counts are read from its log."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cluster.kubectl import Cluster, dig
from cluster.waits import wait_for

PROGRAM = Path(__file__).with_name("load_program.py")
IMAGE = "docker.io/millrace/mlserver-sklearn:demo"
NAME = "load"


class Load:
    """Asks `url` for predictions at `rate` a second until stop()."""

    def __init__(self, cluster: Cluster, namespace: str, url: str, body: str, rate: int, say: Callable[[str], None] = print) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.samples: list[dict[str, Any]] = []
        meta = {"name": NAME, "namespace": namespace}
        container = {
            "name": "load",
            "image": IMAGE,
            "command": ["python3", "/program/load_program.py", url, body, str(rate)],
            "volumeMounts": [{"name": "program", "mountPath": "/program"}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
        }
        pod = {"restartPolicy": "Never", "volumes": [{"name": "program", "configMap": {"name": NAME}}], "containers": [container]}
        cluster.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {PROGRAM.name: PROGRAM.read_text()}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
        )
        wait_for("the load's pod", lambda: dig(cluster.get("pod", NAME, namespace), "status.phase") == "Running" or None, 120, say)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        wait_for("the first predictions", lambda: self.samples or None, 30, say)

    def _read(self) -> None:
        log = self.cluster.start("kubectl", "-n", self.namespace, "logs", "-f", f"pod/{NAME}")
        assert log.stdout
        for line in log.stdout:
            if line.startswith("{"):
                self.samples.append(json.loads(line))

    def counts(self) -> dict[str, Any]:
        return self.samples[-1]

    def stop(self) -> dict[str, Any]:
        """The last counts."""
        self.cluster.kubectl("-n", self.namespace, "delete", "pod,configmap", NAME, "--wait=true")
        self.reader.join(30)
        return self.counts()
