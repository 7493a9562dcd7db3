"""One cluster for all scenarios of a process, a namespace of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import Cluster, connect
from cluster.kubectl import KubectlError
from cluster.operator import install
from cluster.progress import run_testbed, tell, tell_through
from scenarios.workers import Units, cluster_name, longest_first

DEEP = os.environ.get("MILLRACE_DEEP") == "1"  # make test-deep: more kills, longer watching


def pytest_sessionstart(session: pytest.Session) -> None:
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        tell_through(os.dup(2), cluster_name())  # what a worker writes to stdout is lost
    if not session.config.getoption("numprocesses"):  # who has workers leaves telling to them
        session.config.pluginmanager.register(Teller())


class Teller:
    """Tells when a scenario begins, and how it ended in how many seconds, with what was set up for it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.outcome = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.seconds, self.outcome = 0.0, "passed"
        tell(f"begins {nodeid}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds += report.duration
        if not report.passed:
            self.outcome = report.outcome

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        tell(f"{self.outcome} in {self.seconds:.0f} s: {nodeid}")


def pytest_report_teststatus(report: pytest.CollectReport | pytest.TestReport) -> tuple[str, str, str] | None:
    """No dots between the lines that are told."""
    return (report.outcome, "", "") if (report.when == "call" and report.passed) or report.skipped else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Units:
    return Units(config, log)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    made = connect(cluster_name(), "gateway", "prometheus")
    install(made)
    yield made
    if made.local and not os.environ.get("MILLRACE_KEEP_CLUSTER"):
        run_testbed("down", "--name", made.name)


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
