"""What a node leaves on its host: containers, shims, mounts, cgroups, the network namespace. All of it goes."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

from testbed import network
from testbed.paths import ClusterPaths
from testbed.shell import TestbedError, run, say, works

CGROUPS = Path("/sys/fs/cgroup")
_CNI_RESULTS = Path("/var/lib/cni/results")
_SHIM_SOCKETS = Path("/run/containerd/s")


def cgroup_roots() -> list[Path]:
    """The roots of the hierarchies: several with cgroup v1, one with v2."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in sorted(CGROUPS.iterdir()) if path.is_dir() and not path.is_symlink()]


def make_cgroups(name: str) -> None:
    """The kubelet wants its cgroupRoot to exist in every hierarchy."""
    for root in cgroup_roots():
        folder = root / name
        folder.mkdir(exist_ok=True)
        if root.name == "cpuset":  # v1: an empty cpuset takes no process
            for file in ("cpuset.cpus", "cpuset.mems"):
                (folder / file).write_text((root / file).read_text())
        if (folder / "cpu.shares").exists():  # all pods are one group of many here: beside a build they must not starve
            (folder / "cpu.shares").write_text("8192")


def processes_of_cgroup(name: str) -> set[int]:
    pids: set[int] = set()
    for root in cgroup_roots():
        for procs in (root / name).rglob("cgroup.procs"):
            try:
                pids |= {int(line) for line in procs.read_text().split()}
            except OSError:
                continue  # it went while we looked
    return pids - {0}


def remove_cgroups(name: str) -> None:
    for root in cgroup_roots():
        folders = [path for path in (root / name).rglob("*") if path.is_dir()] if (root / name).exists() else []
        for folder in [*sorted(folders, key=lambda path: len(path.parts), reverse=True), root / name]:
            if folder.exists():
                folder.rmdir()


def shims(socket: Path) -> dict[int, str]:
    """Pid → container id of the shims that serve one containerd, told by its socket in their command line."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "containerd-shim" in words[0] and str(socket) in words:
            found[int(entry.name)] = words[words.index("-id") + 1] if "-id" in words else ""
    return found


def mounts_under(folder: Path, mountinfo: str) -> list[str]:
    """Mount points below a folder, the innermost and latest first."""
    points = [line.split()[4].encode().decode("unicode_escape") for line in mountinfo.splitlines()]
    return [point for point in reversed(points) if point == str(folder) or point.startswith(f"{folder}/")]


def end_containers(paths: ClusterPaths) -> None:
    """While containerd still answers: its shims end in an orderly way with their tasks."""
    ctr = ["ctr", "-a", str(paths.containerd_socket), "-n", "k8s.io"]
    if not paths.containerd_socket.exists() or not works([*ctr, "version"]):
        return
    _kill(processes_of_cgroup(paths.cgroup))
    tasks = run([*ctr, "task", "ls", "-q"]).split()
    if tasks:
        works([*ctr, "task", "rm", "--force", *tasks])
    containers = run([*ctr, "container", "ls", "-q"]).split()
    if containers:
        works([*ctr, "container", "rm", *containers])


def end_leftovers(paths: ClusterPaths) -> None:
    left = shims(paths.containerd_socket)
    _kill(set(left) | processes_of_cgroup(paths.cgroup))
    for container in left.values():
        identity = hashlib.sha256(f"{paths.containerd_socket}/k8s.io/{container}".encode()).hexdigest()
        (_SHIM_SOCKETS / identity).unlink(missing_ok=True)
    for point in mounts_under(paths.root, Path("/proc/self/mountinfo").read_text()):
        if not works(["umount", point]):
            works(["umount", "--lazy", point])
    network.remove_netns(paths)
    remove_cgroups(paths.cgroup)
    remove_cni_results(_CNI_RESULTS, paths.netns)


def remove_cni_results(folder: Path, network_name: str) -> None:
    """libcni notes each attached sandbox on the host; the loopback's note is told by the sandbox's id alone."""
    for result in list(folder.glob(f"{network_name}-*-eth0")):
        sandbox = result.name.removeprefix(f"{network_name}-").removesuffix("-eth0")
        (folder / f"cni-loopback-{sandbox}-lo").unlink(missing_ok=True)
        result.unlink(missing_ok=True)


def _kill(pids: set[int], seconds: float = 10) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + seconds
    while any(_runs(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise TestbedError(f"processes {sorted(pid for pid in pids if _runs(pid))} do not end")
        time.sleep(0.05)
    if pids:
        say(f"  ended {len(pids)} processes of pods and shims")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
