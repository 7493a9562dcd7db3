"""Where everything lies: one folder outside the checkout, `$MILLRACE_HOME`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from testbed.shell import TestbedError

CHECKOUT = Path(__file__).resolve().parents[2]
E2E = CHECKOUT / "e2e"

# Unix sockets and cgroup names are made of it, so it stays short and plain.
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")


def millrace_home() -> Path:
    if given := os.environ.get("MILLRACE_HOME"):
        return Path(given).resolve()
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache).resolve() / "millrace"


def client(venv: str, program: str) -> Path:
    """A program of a virtual environment of its own (tools/install-dvc, tools/install-mlflow)."""
    return millrace_home() / venv / "bin" / program


@dataclass(frozen=True)
class ClusterPaths:
    """The files of one cluster. Nothing of it lies anywhere else but its network namespace and its cgroups."""

    name: str
    root: Path

    @property
    def kubeconfig(self) -> Path:
        return self.root / "admin.kubeconfig"

    @property
    def audit_log(self) -> Path:
        return self.root / "logs" / "audit.log"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def containerd_socket(self) -> Path:
        return self.root / "containerd.sock"

    @property
    def volumes(self) -> Path:
        return self.root / "volumes"

    @property
    def netns(self) -> str:
        return f"millrace-{self.name}"

    @property
    def cgroup(self) -> str:
        return f"millrace-{self.name}"

    def log(self, component: str) -> Path:
        return self.root / "logs" / f"{component}.log"


def cluster_paths(name: str, home: Path | None = None) -> ClusterPaths:
    if not _NAME.fullmatch(name):
        raise TestbedError(f"cluster name {name!r}: allowed are 1 to 20 small letters, digits and '-', beginning with a letter")
    return ClusterPaths(name, (home or millrace_home()) / "clusters" / name)


def cluster_names(home: Path | None = None) -> list[str]:
    clusters = (home or millrace_home()) / "clusters"
    return sorted(path.name for path in clusters.iterdir() if (path / "cluster.json").exists()) if clusters.exists() else []
