"""One namespace in which everything bad of one sort is applied at once, beside a job that is fine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster
from cluster.kubectl import Object, condition, dig
from cluster.recorder import Recorder
from scenarios.conftest import Space
from scenarios.manifests import training_job

JOBS, VERSIONS, SERVICES = "trainingjobs.millrace.dev", "modelversions.millrace.dev", "inferenceservices.millrace.dev"
HEALTHY = "healthy"


class Scene(Space):
    def __init__(self, cluster: Cluster, name: str) -> None:
        cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=true")
        super().__init__(cluster, name)
        self.recorders = {kind: Recorder(cluster, kind, name) for kind in (JOBS, VERSIONS, SERVICES)}
        self.folders: dict[str, Path] = {}

    def close(self) -> None:
        for recorder in self.recorders.values():
            recorder.close()
        self.cluster.kubectl("delete", "namespace", self.name, "--wait=false")

    def claim(self, name: str, *options: str) -> Path:
        """An empty folder behind a claim."""
        if not self.cluster.local:
            pytest.skip("looks into the folders behind claims: only the testbed's cluster has them here")
        folder = super().claim(name, *options)
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.folders[name] = folder
        return folder

    def add_healthy(self) -> None:
        """Data in claim `data`, a model in claim `models`: both are made here."""
        (self.claim("data") / "train.csv").write_text("a,b\n1,2\n")
        self.cluster.apply(training_job(self.name, HEALTHY))

    def expect_healthy(self) -> None:
        done = self.recorders[JOBS].until(HEALTHY, "others go on", lambda job: dig(job, "status.result"))
        assert dig(done, "status.result") == "VersionReady", dig(done, "status.message")

    def end_wait(self, name: str) -> None:
        """Its pending deadline is over: no time needs to pass for it."""
        over = json.dumps({"spec": {"deadlines": {"pending": "1s"}}})
        self.cluster.kubectl("-n", self.name, "patch", JOBS, name, "--type=merge", "-p", over)

    def until(self, kind: str, name: str, type_: str, status: str, reason: str, seconds: float = 300) -> Object:
        """The condition, once it is so; everything else that people read is on the object that comes with it."""
        found = self.recorders[kind].until(
            name,
            f"{type_}={status}/{reason}",
            lambda o: condition(o, type_).get("status") == status and condition(o, type_).get("reason") == reason,
            seconds,
        )
        return found

    def shown(self, kind: str, name: str) -> str:
        """The line that `kubectl get` prints."""
        return self.cluster.kubectl("-n", self.name, "get", kind, name, "--no-headers")

    def children(self, kind: str, owner: str) -> list[str]:
        """Names of objects of the kind that this owner controls."""
        found: list[Any] = self.cluster.list(kind, self.name)
        return [o["metadata"]["name"] for o in found if any(r["name"] == owner for r in o["metadata"].get("ownerReferences", []))]


def message(document: Object) -> str:
    return str(dig(document, "status.message"))
