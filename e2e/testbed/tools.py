"""Programs built from pinned Go modules (e2e/tools), kept by the hash of what pins them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from testbed.locks import locked
from testbed.paths import E2E, millrace_home
from testbed.shell import TestbedError, run, run_logged, step

KUBERNETES_VERSION = "v1.37.2"
KUBERNETES_PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet")
TOOLS = ("kubernetes", "kwok", "helm", "versitygw", "fake-gcs-server", "traefik")
_STATIC = ("versitygw",)  # it runs in an image of its own, on nothing

_PINS = ("go.mod", "go.sum", "main.go")


def pins(name: str) -> tuple[Path, ...]:
    """The files that decide what is built; absent ones left out."""
    folder = E2E / "tools" / name
    return tuple(folder / file for file in _PINS if (folder / file).exists())


def hash_of_pins(folder: Path) -> str:
    """A short hash over the files that decide what is built: names and bytes, absent files left out."""
    digest = hashlib.sha256()
    for name in _PINS:
        if (folder / name).exists():
            digest.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def tool_folder(name: str) -> Path:
    return millrace_home() / "tools" / f"{name}-{hash_of_pins(E2E / 'tools' / name)}"


def link_flags(name: str) -> str:
    if name != "kubernetes":
        return "-s -w"
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    version = "k8s.io/component-base/version"
    # Without a version kubectl and the API server's clients refuse to compare theirs.
    return f"-s -w -X {version}.gitVersion={KUBERNETES_VERSION} -X {version}.gitMajor={major} -X {version}.gitMinor={minor}"


def ensure_tool(name: str) -> Path:
    """Builds the tool unless it is there, and returns the folder of its programs."""
    folder = tool_folder(name)
    if not folder.exists():
        with locked(folder.with_suffix(".lock"), f"builds {name}"):
            if not folder.exists():
                _build(name, folder)
    return folder


def _build(name: str, folder: Path) -> None:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise TestbedError("Go is not installed: the testbed's programs are built from source (https://go.dev/dl, 1.26 or later)")
    building = folder.with_suffix(f".{os.getpid()}")
    building.mkdir(parents=True)
    what = "." if name == "kubernetes" else "tool"
    argv = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", link_flags(name), "-o", f"{building}/", what]
    with step(f"building {name} (minutes when Go's cache is cold; log: {folder}.log)"):
        cgo = {"CGO_ENABLED": "0"} if name in _STATIC else {}
        run_logged(argv, Path(f"{folder}.log"), cwd=E2E / "tools" / name, env={**os.environ, **cgo})
    if name == "kubernetes":
        for program in KUBERNETES_PROGRAMS:
            (building / program).symlink_to("kubernetes")
    if name == "kwok":
        copy_from_module(go, name, "sigs.k8s.io/kwok", _STAGES, building / "stages")
    if name == "traefik":
        copy_from_module(go, name, "sigs.k8s.io/gateway-api", _CRDS, building / "crds")
    publish(building, folder)


# What kwok's module ships and the testbed uses: nodes get ready and keep their lease, deleted pods go.
_STAGES = tuple(
    f"kustomize/stage/{stage}"
    for stage in ("node/fast/node-initialize.yaml", "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml", "pod/fast/pod-delete.yaml")
)
# All that Traefik lists, in the version that it was built with.
_CRDS = tuple(
    f"config/crd/standard/gateway.networking.k8s.io_{kind}.yaml"
    for kind in ("backendtlspolicies", "gatewayclasses", "gateways", "grpcroutes", "httproutes", "referencegrants")
)


def copy_from_module(go: str, tool: str, module: str, files: Sequence[str], into: Path) -> None:
    folder = run([go, "list", "-m", "-f", "{{.Dir}}", module], cwd=E2E / "tools" / tool).strip()
    into.mkdir()
    for file in files:
        shutil.copy(Path(folder) / file, into)


def publish(building: Path, folder: Path) -> None:
    """One rename, so that a broken build is never taken for a tool; a loser of a race drops its own copy."""
    try:
        building.rename(folder)
    except OSError:
        shutil.rmtree(building)
        if not folder.exists():
            raise


def built_tools_path() -> str:
    """PATH with all tools that are built, first."""
    folders = [str(tool_folder(name)) for name in TOOLS if tool_folder(name).exists()]
    return ":".join([*folders, os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")])
