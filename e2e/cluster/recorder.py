"""Every state that objects of one kind went through, as a watch told it: waits without polling, and histories to judge."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable

from cluster.kubectl import Cluster, Object, dig
from cluster.progress import tell
from cluster.waits import TOLD_EVERY, Timeout


class Recorder:
    """Lives on a thread of its own until it is closed."""

    def __init__(self, cluster: Cluster, kind: str, namespace: str) -> None:
        self.kind = kind
        self.states: dict[str, list[Object]] = {}
        self.news = threading.Condition()
        self.process = cluster.start("kubectl", "-n", namespace, "get", kind, "--watch", "-o", "json")
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def until(self, name: str, what: str, holds: Callable[[Object], object], seconds: float = 300, after: Object | None = None) -> Object:
        """The first state of the object of which `holds` is true; with `after`, the first that followed on that one."""
        began = told = time.monotonic()
        judged = self.history(name).index(after) + 1 if after else 0
        with self.news:
            while True:
                states = self.states.get(name, [])
                for state in states[judged:]:
                    if holds(state):
                        return state
                judged = len(states)
                now = time.monotonic()
                if now - told >= TOLD_EVERY:
                    told = now
                    tell(f"    waiting for {self.kind} {name}: {what} ({now - began:.0f} s)")
                if now - began >= seconds:
                    last = json.dumps(dig(states[-1] if states else None, "status"), indent=1)
                    raise Timeout(f"{self.kind} {name}: {what}: not within {seconds:.0f} s; its last status: {last}")
                self.news.wait(min(began + seconds, told + TOLD_EVERY) - now)

    def history(self, name: str) -> list[Object]:
        with self.news:
            return list(self.states.get(name, []))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.thread.join()

    def _read(self) -> None:
        assert self.process.stdout
        for document in documents(self.process.stdout):
            with self.news:
                self.states.setdefault(document["metadata"]["name"], []).append(document)
                self.news.notify_all()


def documents(lines: Iterable[str]) -> Iterable[Object]:
    """kubectl prints one indented object after the other; warnings may stand between them."""
    held: list[str] = []
    for line in lines:
        if not held and line.rstrip() != "{":
            continue
        held.append(line)
        if line.rstrip() == "}":
            yield json.loads("".join(held))
            held = []
