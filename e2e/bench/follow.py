"""How far many objects of one kind are, from one watch: looking again and again would load the machine that is measured."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from testbed import cluster as clusters

_TELL_SECONDS = 10.0
READY = "ready"


class NotReached(RuntimeError):
    """A state that the measurement needs did not come."""


@dataclass(frozen=True)
class Kind:
    """`line`: a jsonpath whose first word is the name; `state`: what its other words come to; the last of them tells people why."""

    resource: str
    line: str
    words: int
    state: Callable[[list[str]], str]


SERVICES = Kind(
    "inferenceservices.millrace.dev",
    "{.metadata.name} {.status.phase} {.status.stable.version} {.status.message}",
    4,
    lambda words: words[2] if words[1] == "Serving" else "",
)
TRAININGS = Kind("trainingjobs.millrace.dev", "{.metadata.name} {.status.phase} {.status.message}", 3, lambda words: words[1])
VERSIONS = Kind("modelversions.millrace.dev", "{.metadata.name} {.status.phase} {.status.message}", 3, lambda words: words[1])
DEPLOYMENTS = Kind(
    "deployments.apps",
    "{.metadata.name} {.spec.replicas} {.status.availableReplicas} {.status.conditions[0].message}",
    4,
    lambda words: READY if words[1] == (words[2] or "0") else "",
)
JOBS = Kind("jobs.batch", "{.metadata.name} {.status.succeeded} {.status.conditions[0].message}", 3, lambda words: READY if words[1] else "")


class Follow:
    def __init__(self, cluster: clusters.Cluster, namespace: str, kind: Kind, alive: Callable[[], bool], say: Callable[[str], None]) -> None:
        self._kind, self._alive, self._say = kind, alive, say
        # In one piece: of a list that comes in several, kubectl's watch prints none of the objects.
        argv = ["kubectl", "-n", namespace, "get", kind.resource, "--watch", "--chunk-size=0", "-o", f'jsonpath={kind.line}{{"\\n"}}']
        self._argv, self._environment = cluster.inside(argv), cluster.environment()
        self._states: dict[str, str] = {}
        self._why: dict[str, str] = {}
        self._changed = threading.Condition()

    def wait(self, wanted: Mapping[str, str], seconds: float) -> None:
        """Until each object of this name is in the state that is named for it, for as long as `alive` holds."""
        with subprocess.Popen(self._argv, env=self._environment, stdout=subprocess.PIPE, text=True) as watch:
            threading.Thread(target=self._read, args=(watch,), daemon=True).start()
            try:
                self._wait(wanted, seconds)
            finally:
                watch.terminate()

    def _read(self, watch: subprocess.Popen[str]) -> None:
        assert watch.stdout is not None
        for line in watch.stdout:
            words = [*line.rstrip("\n").split(" ", self._kind.words - 1), *[""] * self._kind.words][: self._kind.words]
            with self._changed:
                self._states[words[0]], self._why[words[0]] = self._kind.state(words), words[-1]
                self._changed.notify()

    def _wait(self, wanted: Mapping[str, str], seconds: float) -> None:
        began = told = time.monotonic()
        left = set(wanted)
        with self._changed:
            while left := {name for name in left if self._states.get(name) != wanted[name]}:
                now = time.monotonic()
                if not self._alive():
                    raise NotReached(f"the operator ended when {len(left)} of {len(wanted)} {self._kind.resource} were not there yet")
                if now - began > seconds:
                    raise NotReached(f"{len(left)} of {len(wanted)} {self._kind.resource} are not there after {seconds:.0f} s: {self._of(min(left))}")
                if now - told > _TELL_SECONDS:
                    told = now
                    self._say(f"    {len(wanted) - len(left)} of {len(wanted)} {self._kind.resource} ({now - began:.0f} s); {self._of(min(left))}")
                self._changed.wait(0.2)

    def _of(self, name: str) -> str:
        return f"{name}: {self._why.get(name, 'not seen')}"
