"""The cluster of fake nodes that the operator is measured on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.follow import Follow, Kind, NotReached
from bench.objects import CLAIM, NAMESPACE, Object
from bench.process import LEASE_NAMESPACE, cpu_seconds
from cluster.audit import AuditLog
from testbed import cluster as clusters
from testbed import processes, volumes
from testbed.paths import CHECKOUT

NAME = "bench"
AGENT = "millrace"
CONNECTIONS = 16
PRESS = CHECKOUT / "build/bench/press"
_TELL_SECONDS = 10.0
_QUIET_SECONDS = 15.0  # longer than the engine holds back a change that is only an observation


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class World:
    def __init__(self) -> None:
        """A new cluster each time: what an earlier one left would be counted."""
        clusters.down(NAME)
        self._cluster = clusters.up(NAME, "kwok")
        self.audit = AuditLog(self._cluster.paths.audit_log, agent=AGENT)
        self._cluster.kubectl("create", "namespace", LEASE_NAMESPACE)
        self._cluster.kubectl("apply", "--server-side", "-f", str(CHECKOUT / "crds"))
        self._cluster.kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
        volumes.make(self._cluster, NAMESPACE, CLAIM, "1Gi", tmpfs=False)

    @property
    def kubeconfig(self) -> Path:
        return self._cluster.paths.kubeconfig

    def log(self, name: str) -> Path:
        return self._cluster.paths.log(name)

    def down(self) -> None:
        clusters.down(NAME)

    def create(self, objects: Iterable[Object]) -> None:
        """One request an object; `apply` would also read each."""
        self._send("create", objects)

    def apply(self, objects: Iterable[Object]) -> None:
        self._send("apply", objects)

    def _send(self, verb: str, objects: Iterable[Object]) -> None:
        self._cluster.kubectl(verb, "-f", "-", stdin="\n---\n".join(json.dumps(one) for one in objects))

    def press(self, requests: Iterable[Object]) -> dict[str, Any]:
        """All of them as fast as the server takes them over 16 connections; what bench/press says of it."""
        file = self.log("press").with_suffix(".jsonl")
        file.write_text("\n".join(json.dumps(one) for one in requests) + "\n")
        argv = [str(PRESS), f"--kubeconfig={self.kubeconfig}", f"--connections={CONNECTIONS}", str(file)]
        done = subprocess.run(self._cluster.inside(argv), env=self._cluster.environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotReached(done.stderr.strip())
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def listed(self, resource: str) -> list[Object]:
        found: list[Object] = json.loads(self._cluster.kubectl("-n", NAMESPACE, "get", resource, "-o", "json"))["items"]
        return found

    def server_cpu(self) -> float:
        """Seconds that the API server has spent."""
        pid = processes.pid_of(self._cluster.paths.root, "kube-apiserver")
        assert pid is not None, "the API server runs"
        return cpu_seconds(pid)

    def follow(self, kind: Kind, wanted: Mapping[str, str], seconds: float, alive: Callable[[], bool] = lambda: True) -> None:
        Follow(self._cluster, NAMESPACE, kind, alive, say).wait(wanted, seconds)

    def trained(self) -> Counter[str]:
        """How many TrainingJobs of all namespaces are in each phase."""
        told = self._cluster.kubectl("get", "trainingjobs.millrace.dev", "-A", "-o", "jsonpath={.items[*].status.phase}")
        return Counter(told.split())

    def phases(self) -> Counter[str]:
        """How many services are in each phase."""
        told = self._cluster.kubectl("-n", NAMESPACE, "get", "inferenceservices.millrace.dev", "-o", "jsonpath={.items[*].status.phase}")
        return Counter(told.split())

    def wait_quiet(self, seconds: float = 600.0) -> None:
        """Until the operator has asked the server for nothing but its lease for a while."""
        began = told = time.monotonic()
        while self.since_last_request() < _QUIET_SECONDS:
            now = time.monotonic()
            if now - began > seconds:
                raise NotReached(f"the operator is not at rest after {seconds:.0f} s")
            if now - told > _TELL_SECONDS:
                told = now
                say(f"    waiting for the operator to rest ({now - began:.0f} s)")
            time.sleep(1)

    def since_last_request(self) -> float:
        asked = [one.at for one in self.audit.requests() if one.verb != "watch" and not one.resource.startswith("leases")]
        return time.time() - max(asked, default=0.0)
