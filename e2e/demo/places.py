"""Where the demo's data lies and its models go: a DVC repository and S3, with MLflow beside them, where the testbed can serve them; on
any other cluster claims. The story is the same: new rows arrive, and nobody does anything else."""

from __future__ import annotations

import shutil
from typing import Any, Protocol

from cluster import Cluster, claims, wait_for
from cluster.kubectl import Object, condition, dig
from demo import objects
from demo.objects import NAMESPACE
from demo.timeline import Table, Timeline
from servers import S3, DvcRepository, Git, Mlflow
from testbed.paths import millrace_home

FIRST = 400  # rows of the first data; the rest comes later
JOBS, VERSIONS = "trainingjobs.millrace.dev", "modelversions.millrace.dev"


class Place(Protocol):
    def spec(self) -> Object:
        """What the TrainingJob says about it."""

    def add_rows(self) -> str:
        """All rows are there from now on; says what was done."""

    def check(self, table: Table, timeline: Timeline, ready: list[str]) -> None:
        """What else is expected once these versions were ready."""

    def outlook(self, run: str) -> list[str]:
        """Lines for people who want to look; `run` runs a command where the cluster's addresses are reachable."""


def place(cluster: Cluster) -> Place:
    return Servers(cluster) if cluster.local else Claims(cluster)


class Claims:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._write(FIRST)
        claims.make(cluster, NAMESPACE, "models", {})

    def spec(self) -> Object:
        return {"data": [{"name": "train", "uri": "pvc://data/cancer.csv", "pollInterval": "1m"}]}

    def add_rows(self) -> str:
        self._write(objects.ROWS)
        return "the file in the claim has more rows"

    def check(self, table: Table, timeline: Timeline, ready: list[str]) -> None:
        pass

    def outlook(self, run: str) -> list[str]:
        return []

    def _write(self, rows: int) -> None:
        header, lines = objects.data()
        claims.make(self.cluster, NAMESPACE, "data", {"cancer.csv": "\n".join([header, *lines[:rows]]) + "\n"})


class Servers:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.git = Git(cluster, NAMESPACE)
        self.s3 = S3(cluster, NAMESPACE, "data", "models")
        self.mlflow = Mlflow(cluster, NAMESPACE)
        self.s3.add_secret("s3")
        self.git.add_secret("git", **self.s3.credentials())
        header, self.rows = objects.data()
        tree = millrace_home() / "demo" / cluster.name
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        self.repository = DvcRepository(self.git, self.s3, "cancer", tree, private=True, header=header)
        self.repository.commit_rows(self.rows[:FIRST])

    def spec(self) -> Object:
        dvc = self.repository.source(secretName="git")
        return {
            "data": [{"name": "train", "dvc": dvc, "pollInterval": "1m"}],
            "output": {"store": {"uri": "s3://models/store", "secretName": "s3"}},
            "tracking": {"mlflow": {"uri": self.mlflow.url, "experiment": "cancer", "aliases": ["newest"]}},
        }

    def add_rows(self) -> str:
        commit = self.repository.commit_rows(self.rows[FIRST:])
        return f"commit {commit[:8]}, {len(self.rows) - FIRST} rows more"

    def check(self, table: Table, timeline: Timeline, ready: list[str]) -> None:
        """MLflow is asked by its own client."""
        wait_for("MLflow to know all that were ready", lambda: all(self._is_synced(name) for name in ready), 180, timeline.say)
        wait_for("MLflow to know the rejected one's run", self._is_recorded, 180, timeline.say)
        runs, versions = self.mlflow.runs("cancer"), self.mlflow.versions("cancer")
        told = [f"{run['metrics']['rows']:.0f} rows, accuracy {run['metrics']['accuracy']:.3f}" for run in runs]
        table.expect("MLflow has a run for each of them", len(runs) == len(ready) + 1, "; ".join(told))
        known = [one["tags"].get("millrace.dev/version") for one in versions]
        table.expect("and a version for each that is ready", known == ready, ", ".join(f"{one['version']} {one['aliases'] or ''}".strip() for one in versions))
        identities = [run["tags"].get("millrace.dev/data.train") for run in runs]
        wanted = f"md5:{self.repository.md5()}"
        table.expect("with the data's identity as dvc says it", identities[1:] == [wanted] * len(ready), wanted)

    def _is_synced(self, name: str) -> bool:
        return bool(condition(self.cluster.get(VERSIONS, name, NAMESPACE), "RegistrySynced").get("status") == "True")

    def _is_recorded(self) -> bool:
        return bool(dig(self.cluster.get(JOBS, "cancer", NAMESPACE), "status.run.mlflowRunId"))

    def outlook(self, run: str) -> list[str]:
        dvc = " ".join(self.repository.dvc_command())
        tree = self.repository.tree
        return [
            f"MLflow at {self.mlflow.url}; on this machine's own http://127.0.0.1:5000 while this runs:",
            f"  e2e/testbed/run forward --name {self.cluster.name} 5000 {self.mlflow.url.removeprefix('http://')}",
            f"More rows make v5, which its parameters let miss the gate as well: change {tree / self.repository.path}, then",
            f"  {run} {dvc} add {self.repository.path} && {run} {dvc} push",
            f"  git -C {tree} commit -qam 'more rows' && git -C {tree} push -q origin main",
        ]


def merged(document: Any, more: Any) -> Any:
    """`more` over `document`; of a store only one kind remains."""
    if not isinstance(document, dict) or not isinstance(more, dict):
        return more
    if "store" in more:
        document = {key: value for key, value in document.items() if key != "store"}
    return {**document, **{key: merged(document.get(key), value) for key, value in more.items()}}
