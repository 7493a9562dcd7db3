"""What a person watching sees: a line whenever a resource's phase, version or message changes, and the table at the end."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from cluster.kubectl import Cluster, KubectlError, dig

KINDS = {"trainingjobs": "tj", "modelversions": "mv", "inferenceservices": "is"}


class Timeline:
    """Looks every second, prints differences; lives on a thread of its own until it is closed."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.began = time.monotonic()
        self.seen: dict[str, str] = {}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def close(self) -> None:
        self.stop.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.stop.wait(1):
            try:
                self._look()
            except KubectlError:
                continue  # the API server is asked again in a second

    def _look(self) -> None:
        for kind, short in KINDS.items():
            for item in self.cluster.list(f"{kind}.millrace.dev", self.namespace):
                name = f"{short}/{item['metadata']['name']}"
                line = f"{dig(item, 'status.phase', '-'):14} {dig(item, 'status.message')}"
                if self.seen.get(name) != line:
                    self.seen[name] = line
                    self.say(f"{name:12} {line}")


@dataclass
class Table:
    """Expectations, each with what was measured."""

    rows: list[tuple[bool, str, str]] = field(default_factory=list)

    def expect(self, what: str, holds: bool, measured: object) -> None:
        self.rows.append((holds, what, str(measured)))
        print(f"          {'✔' if holds else '✘'} {what}: {measured}", flush=True)

    def failed(self) -> int:
        return sum(not holds for holds, _, _ in self.rows)

    def show(self) -> None:
        width = max((len(what) for _, what, _ in self.rows), default=0)
        print("\nexpectation".ljust(width + 5) + "measured")
        for holds, what, measured in self.rows:
            print(f"{'✔' if holds else '✘'} {what.ljust(width)}  {measured}")
        print(f"{len(self.rows) - self.failed()} passed, {self.failed()} failed")
