"""The load in a pod of the cluster, so that it meets what clients in the cluster meet; its counts are read from its log."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster.kubectl import Cluster, dig
from cluster.progress import tell
from cluster.waits import wait_for

PROGRAM = Path(__file__).with_name("load_program.py")
IMAGE = "docker.io/millrace/mlserver-sklearn:demo"
NAME = "load"


Codes = Mapping[str, Mapping[str, int]]  # status → version → count


@dataclass(frozen=True)
class Window:
    """The difference between two samples' counts."""

    before: Codes
    after: Codes

    def count(self, code: str, version: str) -> int:
        return self.after.get(code, {}).get(version, 0) - self.before.get(code, {}).get(version, 0)

    def by_code(self) -> dict[str, int]:
        """Only what occurred."""
        counts = {code: sum(self.count(code, version) for version in versions) for code, versions in self.after.items()}
        return {code: count for code, count in counts.items() if count}

    def answers(self, version: str) -> int:
        return sum(self.count(code, version) for code in self.after)

    def total(self) -> int:
        return sum(self.by_code().values())

    def share(self, version: str) -> float:
        """Per cent of all that were answered."""
        return 100 * self.answers(version) / max(1, self.total())


class Load:
    """Asks `url` for predictions at `rate` a second until stop(); with `host` as a gateway's client does."""

    def __init__(
        self, cluster: Cluster, namespace: str, url: str, body: str, rate: int, say: Callable[[str], None] = tell, host: str = "", name: str = NAME
    ) -> None:
        self.cluster, self.namespace, self.name = cluster, namespace, name
        self.samples: list[dict[str, Any]] = []
        meta = {"name": name, "namespace": namespace}
        container = {
            "name": "load",
            "image": IMAGE,
            "command": ["python3", "/program/load_program.py", url, body, str(rate), *([host] if host else [])],
            "volumeMounts": [{"name": "program", "mountPath": "/program"}],
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
        }
        pod = {"restartPolicy": "Never", "volumes": [{"name": "program", "configMap": {"name": name}}], "containers": [container]}
        cluster.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {PROGRAM.name: PROGRAM.read_text()}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
        )
        wait_for("the load's pod", lambda: dig(cluster.get("pod", name, namespace), "status.phase") == "Running" or None, 120, say)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        wait_for("the first predictions", lambda: self.samples or None, 30, say)

    def _read(self) -> None:
        log = self.cluster.start("kubectl", "-n", self.namespace, "logs", "-f", f"pod/{self.name}")
        assert log.stdout
        for line in log.stdout:
            if line.startswith("{"):
                self.samples.append(json.loads(line))

    def counts(self) -> dict[str, Any]:
        return self.samples[-1]

    def window(self, since: float, until: float) -> Window:
        """What was answered between two instants, as near as the samples are."""
        between = [sample for sample in list(self.samples) if since <= sample["at"] <= until]
        return Window(between[0]["codes"], between[-1]["codes"]) if between else Window({}, {})

    def wait_past(self, instant: float) -> None:
        """There is a sample of a later moment."""
        wait_for("the load's next counts", lambda: self.samples[-1]["at"] > instant or None, 60)

    def stop(self) -> dict[str, Any]:
        """The last counts."""
        self.cluster.kubectl("-n", self.namespace, "delete", "pod,configmap", self.name, "--wait=true")
        self.reader.join(30)
        return self.counts()
