"""What `kubectl get -w` prints of one kind, kept from its first line on: nothing that was so in between is missed."""

from __future__ import annotations

import subprocess
import threading
from types import TracebackType
from typing import Self

from cluster.kubectl import Cluster
from cluster.waits import wait_for

_MARK = "| "


class Watch:
    """One line for each state that the API server tells; `fields` is a jsonpath without its `$`."""

    def __init__(self, cluster: Cluster, namespace: str, what: str, fields: str, selector: str = "") -> None:
        self.what = what
        self.lines: list[str] = []
        self._others: list[str] = []
        self._closed = False
        args = ["kubectl", "-n", namespace, "get", *what.split("/", 1), "-w", "-o", f'jsonpath={_MARK}{fields}{{"\\n"}}']
        self._process = cluster.start(*args, *(["-l", selector] if selector else []))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(_MARK):
                self.lines.append(line.removeprefix(_MARK).rstrip("\n"))
            else:
                self._others.append(line.rstrip("\n"))

    def first(self, seconds: float = 60) -> str:
        """Waits for it: from then on every change is seen."""
        return wait_for(f"the first state of {self.what}", lambda: self.lines[:1], seconds)[0]

    def close(self) -> list[str]:
        """All lines; fails when the watch ended by itself, since then it may have missed some."""
        if self._closed:
            return self.lines
        self._closed = True
        assert self._process.poll() is None, f"the watch of {self.what} ended: {[*self._others, *self.lines][-3:]}"
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reader.join(10)
        return self.lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._process.kill()
