"""`kubectl wait --for=condition=Settled`, as CI waits: it returns when the verdict is there, with the verdict, and never with a former one."""

from __future__ import annotations

import subprocess
from typing import Any

from cluster import wait_for
from cluster.kubectl import Object, condition, dig
from cluster.operator import stopped
from scenarios import light
from scenarios.conftest import Space
from scenarios.light import JOB, NAME, SERVICE, VERSION

# The train container starts when the key is there: a run can be held for as long as a test looks at it.
GATE = {"name": "GATE", "valueFrom": {"configMapKeyRef": {"name": "gate", "key": "open"}}}


class Held:
    """The line with its gate."""

    def __init__(self, space: Space) -> None:
        self.space, self.cluster = space, space.cluster
        light.prepare(space.cluster, space.name)

    def apply(self, number: int) -> None:
        job = light.training_job(self.space.name, {"n": str(number)})
        job["spec"]["train"]["env"] = [GATE]
        self.cluster.apply(job)

    def open(self) -> None:
        self.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "gate", "namespace": self.space.name}, "data": {"open": "yes"}})

    def close(self) -> None:
        self.cluster.kubectl("-n", self.space.name, "delete", "configmap", "gate")

    def wait(self, kind: str, name: str) -> subprocess.Popen[str]:
        return self.cluster.start("kubectl", "-n", self.space.name, "wait", f"{kind}/{name}", "--for=condition=Settled", "--timeout=180s")

    def get(self, kind: str, name: str) -> Object:
        found = self.cluster.get(kind, name, self.space.name)
        assert found
        return found

    def run_is_held(self, number: int) -> bool:
        job = self.get(JOB, NAME)
        return bool(dig(job, "status.run.number") == number and dig(job, "status.run.state") == "Training")


def ended(waiting: subprocess.Popen[str]) -> None:
    out, _ = waiting.communicate(timeout=190)
    assert waiting.returncode == 0, out


def test_it_returns_with_the_verdict_of_its_own_generation(space: Space) -> None:
    line = Held(space)
    line.apply(1)
    space.cluster.apply(light.inference_service(space.name, steps=[{"weight": 50, "pause": "6s"}, {"weight": 100}]))
    first = line.wait(JOB, NAME)
    wait_for("run 1 to be held", lambda: line.run_is_held(1))
    assert first.poll() is None and condition(line.get(JOB, NAME), "Settled")["status"] == "False"
    line.open()
    ended(first)
    assert settled(line.get(JOB, NAME)) == {"generation": 1, "run": 1, "version": "line-v1", "result": "VersionReady"}
    ended(line.wait(VERSION, "line-v1"))
    assert dig(line.get(VERSION, "line-v1"), "status.result") == "Promoted"

    line.close()
    with stopped(space.cluster):
        line.apply(2)
        # Nobody has looked at generation 2 yet: what was true of generation 1 must not do.
        hasty = space.cluster.run("kubectl", "-n", space.name, "wait", f"{JOB}/{NAME}", "--for=condition=Settled", "--timeout=2s", check=False)
        assert hasty.returncode != 0 and "timed out" in hasty.stderr
    second = line.wait(JOB, NAME)
    wait_for("run 2 to be held", lambda: line.run_is_held(2))
    assert second.poll() is None
    line.open()
    ended(second)
    assert settled(line.get(JOB, NAME)) == {"generation": 2, "run": 2, "version": "line-v2", "result": "VersionReady"}

    third = line.wait(VERSION, "line-v2")
    wait_for("the canary's step", lambda: dig(line.get(SERVICE, NAME), "status.canary.stepStartedAt") or None)
    assert third.poll() is None
    ended(third)
    assert dig(line.get(VERSION, "line-v2"), "status.result") == "Promoted"
    assert dig(line.get(SERVICE, NAME), "status.lastGood.version") == "line-v2"


def test_it_returns_with_every_other_verdict(space: Space) -> None:
    light.prepare(space.cluster, space.name)
    gated: dict[str, Any] = {"version": {"gates": [{"metric": "accuracy", "min": "0.90"}]}}

    space.cluster.apply(light.training_job(space.name, {"accuracy": "0.5"}, **gated))
    job = light.wait_settled(space.cluster, space.name, JOB, NAME)
    assert settled(job) == {"generation": 1, "run": 1, "version": "line-v1", "result": "VersionRejected"}
    version = light.wait_settled(space.cluster, space.name, VERSION, "line-v1")
    assert dig(version, "status.result") == "Rejected"

    space.cluster.apply(light.training_job(space.name, {"accuracy": "0.95"}, **gated))
    job = light.wait_settled(space.cluster, space.name, JOB, NAME)
    assert settled(job) == {"generation": 2, "run": 2, "version": "line-v2", "result": "VersionReady"}
    version = light.wait_settled(space.cluster, space.name, VERSION, "line-v2")
    assert dig(version, "status.result") == "Ready"  # nobody follows it

    # It asks for nothing new: the former verdict, about this generation.
    space.cluster.apply(light.training_job(space.name, {"accuracy": "0.95"}, deadlines={"run": "1h"}, **gated))
    job = light.wait_settled(space.cluster, space.name, JOB, NAME)
    assert settled(job) == {"generation": 3, "run": 2, "version": "line-v2", "result": "VersionReady"}

    space.cluster.apply(light.training_job(space.name, {"exit": "3"}, **gated))
    job = light.wait_settled(space.cluster, space.name, JOB, NAME)
    assert settled(job) == {"generation": 4, "run": 3, "result": "Failed"}
    assert "3" in dig(job, "status.message") and condition(job, "Stalled")["status"] == "True"


def settled(job: Object) -> dict[str, Any]:
    return {key: value for key, value in dig(job, "status.settled", {}).items() if key != "at"}
