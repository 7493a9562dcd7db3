"""Components as background processes: started detached, found again by pid and start time, stopped with patience."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.shell import say


@dataclass(frozen=True)
class Component:
    """One program of a cluster. `netns` is the path of the network namespace it runs in, or None for the host's."""

    name: str
    argv: Sequence[str]
    netns: Path | None = None

    def command(self) -> list[str]:
        # nsenter and not `ip netns exec`: the latter remounts /sys and so hides the cgroups.
        return [*(["nsenter", f"--net={self.netns}"] if self.netns else []), *self.argv]


def start_time(pid: int) -> str | None:
    """The kernel's start time of a process, which tells a process from a later one with the same pid."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rsplit(")", 1)[1].split()
    return None if state == "Z" else fields[18]


def pid_of(folder: Path, name: str) -> int | None:
    """The pid of a running component, or None."""
    try:
        noted = json.loads((folder / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return None
    pid = int(noted["pid"])
    return pid if start_time(pid) == noted["started"] else None


def command_of(folder: Path, name: str) -> list[str] | None:
    """The command line a running component was started with."""
    if pid_of(folder, name) is None:
        return None
    return list(json.loads((folder / f"{name}.pid").read_text())["command"])


def start(folder: Path, component: Component) -> None:
    log = folder / "logs" / f"{component.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = subprocess.Popen(component.command(), cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=environment())
    noted = {"pid": child.pid, "started": start_time(child.pid), "command": component.command()}
    (folder / f"{component.name}.pid").write_text(json.dumps(noted))


def environment() -> dict[str, str]:
    # A proxy of the host is of no use inside the cluster's network; GOMAXPROCS and the like may pass.
    return {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}


def stop(folder: Path, name: str, seconds: float = 10) -> None:
    """TERM, patience, KILL. Returns when the process is gone."""
    pid = pid_of(folder, name)
    if pid is not None:
        end(pid, lambda: pid_of(folder, name) is None, seconds)
    (folder / f"{name}.pid").unlink(missing_ok=True)


def end(pid: int, gone: Callable[[], bool], seconds: float) -> None:
    for sig, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            _reap(pid)
            if gone():
                return
            time.sleep(0.05)
    say(f"  process {pid} does not end")


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):  # started by an earlier run
        os.waitpid(pid, os.WNOHANG)  # a child of this very run would else stay a zombie
