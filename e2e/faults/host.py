"""The operator as a process of this machine, in the cluster's network and by the chart's service account, behind a proxy or without one."""

from __future__ import annotations

import base64
import itertools
import json
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import testbed.cluster
from bench.scrape import Metrics
from cluster import wait_for
from cluster.kubectl import Cluster
from cluster.operator import NAMESPACE
from cluster.progress import tell
from testbed.images import references

LOST = 2  # how the process ends when the lease is lost
_ports = itertools.count(18081)
_AGAIN = 0.5  # seconds until a process that ended by itself is started again


@dataclass(frozen=True)
class Resources:
    """Of a process, as /proc tells them."""

    resident: int  # KiB
    descriptors: int
    threads: int


class HostOperator:
    """Started with the first `start`; one that lost its lease is started again, as a kubelet does it."""

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        binary: Path,
        server: str = "",
        authority: Path | None = None,
        environment: Mapping[str, str] | None = None,
        fetcher: str = "",
    ) -> None:
        """`server` and `authority`: the proxy and who signed its certificate; else the API server itself."""
        self._cluster, self._one = cluster, testbed.cluster.load(cluster.name)
        self.name, self._environment = name, dict(environment or {})
        self.bind = f"127.0.0.1:{next(_ports)}"
        self.log = self._one.paths.log(f"operator-{name}")
        self.token = cluster.kubectl("-n", NAMESPACE, "create", "token", "millrace", "--duration=3h").strip()
        config = self._one.paths.root / f"operator-{name}.kubeconfig"
        config.write_text(kubeconfig(server or self._one.server, (authority or self._one.paths.pki / "ca.crt").read_bytes(), self.token))
        self._argv = [
            str(binary),
            "run",
            f"--kubeconfig={config}",
            f"--lease-namespace={NAMESPACE}",
            f"--bind={self.bind}",
            f"--fetcher-image={fetcher or references('fetcher')[-1]}",
        ]
        self.ended: list[int] = []
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    @property
    def credential(self) -> str:
        """By which the audit log tells its requests from those of other processes with the same account."""
        payload = self.token.split(".")[1]
        return "JTI=" + str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"])

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid  # env and nsenter become the operator

    def start(self) -> None:
        self._stopping.clear()
        self._begin()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _begin(self) -> None:
        words = [f"{key}={value}" for key, value in {"POD_NAME": self.name, **self._environment}.items()]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(["env", *words, *self._one.inside(self._argv)], stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def _keep(self) -> None:
        assert self._process
        while True:
            code = self._process.wait()
            self.ended.append(code)
            tell(f"operator {self.name} ended with {code}")
            if self._stopping.wait(_AGAIN):
                return
            self._begin()

    def wait_ready(self, seconds: float = 60) -> None:
        wait_for(f"operator {self.name} to be ready", lambda: self._page("readyz") is not None or None, seconds)

    def wait_leader(self, seconds: float = 60) -> None:
        wait_for(f"operator {self.name} to lead", lambda: self.metrics().total("leader_election_master_status") == 1 or None, seconds)

    def _page(self, path: str) -> str | None:
        done = self._cluster.run("python3", "-c", _GET, f"http://{self.bind}/{path}", check=False)
        return done.stdout if done.returncode == 0 else None

    def metrics(self) -> Metrics:
        return Metrics(self._page("metrics") or "")

    def resources(self) -> Resources:
        proc = Path(f"/proc/{self.pid}")
        told = {line.split(":")[0]: line.split()[1] for line in (proc / "status").read_text().splitlines() if ":\t" in line and len(line.split()) > 1}
        return Resources(int(told["VmRSS"]), len(list((proc / "fd").iterdir())), int(told["Threads"]))

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """In seconds. By SIGTERM the lease is given back."""
        began = time.monotonic()
        self._stopping.set()
        self.send(number)
        assert self._keeper
        self._keeper.join(60)
        assert not self._keeper.is_alive(), f"operator {self.name} does not end"
        return time.monotonic() - began

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if self._keeper and self._keeper.is_alive():
            self.send(signal.SIGCONT)
            self.stop(signal.SIGTERM if kind is None else signal.SIGKILL)


_GET = "import sys,urllib.request; print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=5).read().decode())"


def kubeconfig(server: str, authority: bytes, token: str) -> str:
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority).decode()}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "faults",
            "contexts": [{"name": "faults", "context": {"cluster": "faults", "user": "faults"}}],
            "clusters": [{"name": "faults", "cluster": cluster}],
            "users": [{"name": "faults", "user": {"token": token}}],
        }
    )
