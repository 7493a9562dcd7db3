"""One namespace with a git server and an S3 server for all scenarios about data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import Cluster
from scenarios.bad_input.scene import Scene
from scenarios.manifests import training_job
from servers import S3, DvcRepository, Git

NAMESPACE = "data"
STORE = {"uri": "s3://models/store", "secretName": "s3"}
OUTPUT = {"format": "sklearn", "store": STORE, "metrics": ["accuracy"]}


class World(Scene):
    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, NAMESPACE)
        self.claim("unused")  # skips where folders behind claims cannot be reached
        self.git = Git(cluster, NAMESPACE)
        self.s3 = S3(cluster, NAMESPACE, "data", "models")
        self.s3.add_secret("s3")
        self.git.add_secret("git", **self.s3.credentials())

    def repository(self, name: str, tree: Path) -> DvcRepository:
        return DvcRepository(self.git, self.s3, name, tree, private=True)

    def train(self, name: str, **spec: object) -> None:
        """A TrainingJob whose model goes to the S3 server."""
        self.cluster.apply(training_job(NAMESPACE, name, **({"output": OUTPUT, "retry": {"limit": 0}} | spec)))


@pytest.fixture(scope="package")
def world(cluster: Cluster) -> Iterator[World]:
    made = World(cluster)
    yield made
    made.close()
