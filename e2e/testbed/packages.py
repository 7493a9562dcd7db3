"""Debian packages that a real node and the images need."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from testbed.locks import locked
from testbed.paths import millrace_home
from testbed.shell import TestbedError, run, step

# program or file → package; a program is looked up on PATH, a file by its path.
NODE = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "openssl": "openssl",
}
CONTROL_PLANE = {"openssl": "openssl"}
PAUSE = {"gcc": "gcc", "/usr/lib/x86_64-linux-gnu/libc.a": "libc6-dev"}
PROMETHEUS = {"prometheus": "prometheus"}
IMAGES = {"mmdebstrap": "mmdebstrap", "buildah": "buildah"}

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing(wanted: dict[str, str]) -> list[str]:
    def present(what: str) -> bool:
        return Path(what).exists() if what.startswith("/") else shutil.which(what, path=_SYSTEM_PATH) is not None

    return sorted({package for what, package in wanted.items() if not present(what)})


def ensure(wanted: dict[str, str]) -> None:
    """Installs what is absent; without root it says what to install."""
    packages = missing(wanted)
    if not packages:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise TestbedError(f"please install: {' '.join(packages)} (apt-get install --no-install-recommends …)")
    with locked(millrace_home() / ".apt.lock", "installs packages"):
        if packages := missing(wanted):
            _install(packages)


def _install(packages: list[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"installing {' '.join(packages)}"):
        run(["apt-get", "update", "-qq"], env=env)
        # Others than the testbed may be installing at the same time.
        run(["apt-get", "-o", "DPkg::Lock::Timeout=600", "install", "-y", "-qq", "--no-install-recommends", *packages], env=env)
