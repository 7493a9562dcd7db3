"""The cluster of fake nodes that the operator is measured on."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.objects import CLAIM, NAMESPACE, Object
from bench.process import LEASE_NAMESPACE
from cluster.audit import AuditLog
from testbed import cluster as clusters
from testbed import volumes
from testbed.paths import CHECKOUT

NAME = "bench"
AGENT = "millrace"
_TELL_SECONDS = 10.0
_QUIET_SECONDS = 15.0  # longer than the engine holds back a change that is only an observation


class NotReached(RuntimeError):
    """A state that the measurement needs did not come."""


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

    def follow(self, wanted: dict[str, str], seconds: float, alive: Callable[[], bool]) -> None:
        """Waits until each of these services serves the version that is named for it, for as long as the operator lives."""
        Services(self._cluster, alive).wait(wanted, seconds)

    def trained(self) -> Counter[str]:
        """How many TrainingJobs of all namespaces are in each phase."""
        told = self._cluster.kubectl("get", "trainingjobs.millrace.dev", "-A", "-o", "jsonpath={.items[*].status.phase}")
        return Counter(told.split())

    def phases(self) -> Counter[str]:
        """How many services are in each phase."""
        told = self._cluster.kubectl("-n", NAMESPACE, "get", "inferenceservices.millrace.dev", "-o", "jsonpath={.items[*].status.phase}")
        return Counter(told.split())

    def wait_quiet(self, seconds: float = 180.0) -> None:
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


class Services:
    """Which version each InferenceService serves, from one watch: looking again and again would load the machine that is measured."""

    _LINE = 'jsonpath={.metadata.name} {.status.phase} {.status.stable.version} {.status.message}{"\\n"}'

    def __init__(self, cluster: clusters.Cluster, alive: Callable[[], bool]) -> None:
        self._alive = alive
        self._argv = cluster.inside(["kubectl", "-n", NAMESPACE, "get", "inferenceservices.millrace.dev", "--watch", "-o", self._LINE])
        self._environment = cluster.environment()
        self._serving: dict[str, str] = {}
        self._messages: dict[str, str] = {}
        self._changed = threading.Condition()

    def wait(self, wanted: dict[str, str], seconds: float) -> None:
        with subprocess.Popen(self._argv, env=self._environment, stdout=subprocess.PIPE, text=True) as watch:
            reader = threading.Thread(target=self._read, args=(watch,), daemon=True)
            reader.start()
            try:
                self._wait(lambda: [name for name, version in wanted.items() if self._serving.get(name) != version], len(wanted), seconds)
            finally:
                watch.terminate()

    def _read(self, watch: subprocess.Popen[str]) -> None:
        assert watch.stdout is not None
        for line in watch.stdout:
            name, phase, version, message = [*line.rstrip("\n").split(" ", 3), "", "", ""][:4]
            with self._changed:
                self._messages[name] = message
                self._serving[name] = version if phase == "Serving" else ""
                self._changed.notify()

    def _wait(self, missing: Callable[[], list[str]], total: int, seconds: float) -> None:
        began = told = time.monotonic()
        with self._changed:
            while left := missing():
                now = time.monotonic()
                if not self._alive():
                    raise NotReached(f"the operator ended when {len(left)} of {total} services did not serve yet")
                if now - began > seconds:
                    raise NotReached(f"{len(left)} of {total} services do not serve after {seconds:.0f} s, as {self._why(left[0])}")
                if now - told > _TELL_SECONDS:
                    told = now
                    say(f"    {total - len(left)} of {total} services serve ({now - began:.0f} s); {self._why(left[0])}")
                self._changed.wait(1)

    def _why(self, name: str) -> str:
        return f"{name}: {self._messages.get(name, 'not seen')}"
