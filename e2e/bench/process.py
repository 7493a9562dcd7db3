"""The operator as a process of this machine: started, timed, measured, stopped."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.scrape import Metrics

LEASE_NAMESPACE = "millrace-system"
START_SECONDS = 60.0
_LOOK_SECONDS = 0.005  # the resolution of all times to a first pass
_TICKS = os.sysconf("SC_CLK_TCK")


class DidNotStart(RuntimeError):
    """The operator ended, or never came to what was waited for."""


@dataclass(frozen=True)
class Memory:
    """In bytes; `own` is what no file backs and nobody shares."""

    resident: int
    own: int
    peak: int


@dataclass(frozen=True)
class Start:
    """Seconds since the process was made, and of the processor until all passes: those do not wait for the server."""

    first_pass: float
    all_passes: float
    cpu: float


class Operator:
    def __init__(self, binary: Path, kubeconfig: Path, log: Path, *options: str, elect: bool) -> None:
        """`elect`: holds a lease as in a cluster; a machine that is too busy to renew it ends the process."""
        self.address = ("127.0.0.1", free_port())
        election = f"--lease-namespace={LEASE_NAMESPACE}" if elect else "--no-leader-elect"
        argv = [str(binary), "run", f"--kubeconfig={kubeconfig}", election, f"--bind=127.0.0.1:{self.address[1]}", *options]
        self._log = log
        with log.open("ab") as out:
            self.began = time.monotonic()
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def page(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self) -> Metrics:
        status, text = self.page("/metrics")
        if status != 200:
            raise DidNotStart(f"/metrics answers {status}: {text}")
        return Metrics(text)

    def wait_ready(self) -> None:
        self._await("ready", lambda: self.page("/readyz")[0] == 200)

    def wait_passes(self, objects: int) -> Start:
        """The first pass of any object, and the moment when as many passes were made as there are objects."""
        first = self._await("a first pass", lambda: self._passes() > 0)
        everything = self._await(f"{objects} passes", lambda: self._passes() >= objects)
        return Start(first, everything, self.cpu_seconds())

    def _passes(self) -> float:
        return self.metrics().total("controller_runtime_reconcile_total")

    def _await(self, what: str, so: Callable[[], bool]) -> float:
        while True:
            try:
                if so():
                    return time.monotonic() - self.began
            except ConnectionRefusedError:
                pass  # it does not listen yet
            if self._process.poll() is not None or time.monotonic() - self.began > START_SECONDS:
                raise DidNotStart(f"the operator is not {what}; see {self._log}")
            time.sleep(_LOOK_SECONDS)

    def memory(self) -> Memory:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        return Memory(kib["VmRSS"] * 1024, kib["RssAnon"] * 1024, kib["VmHWM"] * 1024)

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)

    def forget_peak(self) -> None:
        """The peak of memory is counted anew from here."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def leads(self) -> bool:
        return self.metrics().total("leader_election_master_status") == 1

    def wait_leads(self) -> None:
        self._await("leading", self.leads)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """A clean stop gives the lease back, so that the next process need not wait for it to expire."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def version_seconds(binary: Path, times: int = 9) -> float:
    """The median of what exec, loading and `--version` take: no start can be faster."""
    return statistics.median(_timed([str(binary), "--version"]) for _ in range(times))


def _timed(argv: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began
