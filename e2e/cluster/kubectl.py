"""kubectl against one cluster: the one that KUBECONFIG names, or one of the testbed's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import testbed.cluster
from cluster import kind
from cluster.progress import run_testbed
from testbed.paths import millrace_home

Object = dict[str, Any]
E2E = Path(__file__).resolve().parents[1]


class KubectlError(RuntimeError):
    """kubectl ended with an error; the text is its own sentence."""


@dataclass(frozen=True)
class Cluster:
    """`prefix` runs a command where the cluster's addresses are reachable."""

    name: str
    prefix: tuple[str, ...]
    local: bool = False  # made by the testbed: its folders and images are at hand
    kind: bool = False  # images are loaded by kind

    def run(self, *command: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*self.prefix, *command], input=stdin, capture_output=True, text=True, env=environment(), check=False)
        if check and done.returncode != 0:
            raise KubectlError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*self.prefix, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        return self.run("kubectl", *args, stdin=stdin, check=check).stdout

    def apply(self, *objects: Object) -> None:
        text = "\n---\n".join(json.dumps(o) for o in objects)
        self.kubectl("apply", "-f", "-", stdin=text)

    def get(self, kind: str, name: str, namespace: str) -> Object | None:
        done = self.run("kubectl", "-n", namespace, "get", kind, name, "-o", "json", check=False)
        if done.returncode != 0:
            if "NotFound" in done.stderr:
                return None
            raise KubectlError(done.stderr.strip())
        found: Object = json.loads(done.stdout)
        return found

    def list(self, kind: str, namespace: str, selector: str = "") -> list[Object]:
        args = ["-n", namespace, "get", kind, "-o", "json"] + (["-l", selector] if selector else [])
        items: list[Object] = json.loads(self.kubectl(*args))["items"]
        return items

    def testbed(self, *args: str) -> str:
        """A command of the testbed on this cluster; only for local ones."""
        done = subprocess.run(
            [sys.executable, "-m", "testbed", args[0], "--name", self.name, *args[1:]],
            cwd=E2E,
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(E2E)}


def connect(name: str, *extras: str) -> Cluster:
    """The cluster of KUBECONFIG when that is set; else one of this name, made when it is not there: by kind for those who are not
    root and have it, by the testbed for all others, which alone has `extras` (gateway, prometheus)."""
    if os.environ.get("KUBECONFIG"):
        context = subprocess.run(["kubectl", "config", "current-context"], capture_output=True, text=True, check=True).stdout.strip()
        return Cluster(name=context.removeprefix(kind.PREFIX), prefix=(), kind=context.startswith(kind.PREFIX))
    if kind.is_wanted():
        kubeconfig = millrace_home() / "kind" / name
        kind.ensure(f"millrace-{name}", kubeconfig)
        return Cluster(name=f"millrace-{name}", prefix=("env", f"KUBECONFIG={kubeconfig}"), kind=True)
    besides = [word for extra in extras for word in ("--with", extra)]
    run_testbed("up", "--name", name, *besides)
    return Cluster(name=name, prefix=_into(testbed.cluster.load(name)), local=True)


def _into(one: testbed.cluster.Cluster) -> tuple[str, ...]:
    """As `testbed exec` does, but without a Python of its own: waits look again and again."""
    inside = one.environment()
    gone = [word for name in os.environ if name not in inside for word in ("-u", name)]
    return ("env", *gone, *(f"{name}={inside[name]}" for name in ("KUBECONFIG", "PATH", "MILLRACE_CLUSTER")), *one.inside([]))


def dig(document: Object | None, path: str, default: Any = "") -> Any:
    """The value at a dotted path ("status.settled.version"), or the default."""
    at: Any = document
    for part in path.split("."):
        if not isinstance(at, dict) or part not in at:
            return default
        at = at[part]
    return at


def condition(document: Object | None, kind: str) -> Object:
    for entry in dig(document, "status.conditions", []):
        if entry["type"] == kind:
            found: Object = entry
            return found
    return {}


def names(objects: Sequence[Object]) -> list[str]:
    return [o["metadata"]["name"] for o in objects]
