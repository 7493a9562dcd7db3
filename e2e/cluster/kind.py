"""kind clusters: made when kind is what this machine has, filled with images that docker builds from the same recipes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from testbed.recipes import recipe

PREFIX = "kind-"


def is_wanted() -> bool:
    """Only where the testbed cannot make a cluster: that needs root."""
    return os.geteuid() != 0 and shutil.which("kind") is not None


def ensure(name: str, kubeconfig: Path) -> None:
    """A kind cluster of this name, its admin's kubeconfig in that file."""
    there = subprocess.run(["kind", "get", "clusters"], capture_output=True, text=True, check=True).stdout.split()
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    if name in there:
        subprocess.run(["kind", "export", "kubeconfig", "--name", name, "--kubeconfig", str(kubeconfig)], check=True)
    else:
        subprocess.run(["kind", "create", "cluster", "--name", name, "--kubeconfig", str(kubeconfig), "--wait", "120s"], check=True)


def load(name: str, images: Sequence[str]) -> None:
    for image in images:
        one = recipe(image)
        if one.dockerfile is None:
            continue  # it comes from its registry
        subprocess.run(["docker", "build", "-f", str(one.dockerfile), "-t", one.reference, str(one.context)], check=True)
        subprocess.run(["kind", "load", "docker-image", "--name", name, one.reference], check=True)
