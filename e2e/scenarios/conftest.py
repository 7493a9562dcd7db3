"""One cluster for all scenarios, a namespace of its own for each test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import Cluster, connect
from cluster.kubectl import E2E, KubectlError, environment
from cluster.operator import install

NAME = os.environ.get("MILLRACE_CLUSTER", "e2e")
DEEP = os.environ.get("MILLRACE_DEEP") == "1"  # make test-deep: more kills, longer watching


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    made = connect(NAME, "gateway", "prometheus")
    install(made)
    yield made
    if made.local and not os.environ.get("MILLRACE_KEEP_CLUSTER"):
        subprocess.run([sys.executable, "-m", "testbed", "down", "--name", NAME], cwd=E2E, env=environment(), check=True)


class Space:
    """A namespace with helpers that fill it in."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def claim(self, name: str, *options: str) -> Path:
        out = self.cluster.testbed("volume", "--claim", name, "--namespace", self.name, *options)
        return Path(out.strip().splitlines()[-1])

    def refused(self, document: dict[str, object]) -> str:
        """The API server's sentence; fails when it accepts the document."""
        try:
            self.cluster.apply(document)
        except KubectlError as problem:
            return str(problem)
        raise AssertionError(f"accepted: {document}")


@pytest.fixture
def space(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Space]:
    name = "t-" + request.node.name.removeprefix("test_").replace("_", "-").replace("[", "-").replace("]", "").lower()[:40].rstrip("-")
    cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=true")
    made = Space(cluster, name)
    yield made
    cluster.kubectl("delete", "namespace", name, "--wait=false")
