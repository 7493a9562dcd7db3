"""What others do to a rollout: scale its Deployments, edit its spec, wipe its status, delete its service; right each time, by either provider."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cluster import wait_for
from cluster.kubectl import Object, dig, names
from scenarios import light
from scenarios.conftest import DEEP, Space
from scenarios.light import NAME, SERVICE
from scenarios.rollouts.line import Line, at_step, phase

PROVIDERS = light.PROVIDERS if DEEP else ("GatewayAPI",)  # what differs is the route
HELD = [{"weight": 50, "pause": "Manual"}, {"weight": 100}]


def deployments(line: Line) -> dict[str, Object]:
    return {o["metadata"]["name"]: o for o in line.cluster.list("deployments", line.namespace)}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_strangers_scale_is_put_back(space: Space, provider: str) -> None:
    with Line(space, provider) as line:
        line.begin(steps=HELD)
        load = line.load(20)
        version = line.train()
        state = line.until_step(version, 50)
        wanted = {name: o["spec"]["replicas"] for name, o in deployments(line).items()}
        assert len(wanted) == 2
        for name in wanted:
            line.cluster.kubectl("-n", line.namespace, "scale", f"deployment/{name}", "--replicas=3")
            wait_for(f"{name} to be put back", lambda: {n: o["spec"]["replicas"] for n, o in deployments(line).items()} == wanted or None)
        assert at_step(line.service(), version, 50)
        check_edit(line, version, state)
    assert load.stop()["failed"] == 0


def check_edit(line: Line, version: str, state: Object) -> None:
    """Steps that are edited mid-step are the next rollout's; what the user wrote stays as it was written. The weight is one that both
    providers have: counting pods, one beside one is near enough."""
    patch = json.dumps({"spec": {"rollout": {"steps": [{"weight": 60, "pause": "1s"}, {"weight": 100}]}}})
    line.cluster.kubectl("-n", line.namespace, "patch", SERVICE, NAME, "--type=merge", "-p", patch)
    seen = line.until("the edit is seen", lambda s: dig(s, "status.observedGeneration") == state["metadata"]["generation"] + 1)
    assert at_step(seen, version, 50)
    written = line.service()["spec"]
    assert line.outcome(line.say(f"promote {version} step=1"))["outcome"] == "Done"
    line.until_result(version, "Promoted")
    assert line.service()["spec"] == written
    following = line.train()
    line.until(f"{following} at its first step", lambda s: dig(s, "status.canary.version") == following and dig(s, "status.canary.weight") == 60)
    line.until_result(following, "Promoted")


# Where a rollout stands when something is done to it: what brings it there, and how it is told.
Phase = tuple[Callable[[Line], str], Callable[[Object], bool]]
ROLLOUT = {"steps": HELD, "bake": "30s"}


def to_step(line: Line) -> str:
    version = line.train()
    line.until_step(version, 50)
    return version


def to_bake(line: Line) -> str:
    version = to_step(line)
    line.say(f"promote {version} step=1")
    return version


def to_rollback(line: Line) -> str:
    version = to_step(line)
    line.say(f"abort {version}")
    return version


PHASES: dict[str, Phase] = {
    "Canary": (to_step, lambda s: at_step(s, "line-v2", 50)),
    "Baking": (to_bake, lambda s: phase(s) == "Baking" and dig(s, "status.stable.version") == "line-v2"),
    "RollingBack": (to_rollback, lambda s: phase(s) == "RollingBack"),
}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("where", PHASES if DEEP else ["Canary"])
def test_wiped_and_deleted(space: Space, provider: str, where: str) -> None:
    """A wiped status is rebuilt and sends no traffic anywhere new; a deleted service takes all that it made along."""
    bring, stands = PHASES[where]
    with Line(space, provider) as line:
        line.begin(**ROLLOUT)
        load = line.load(20)
        bring(line)
        state = line.until(where, stands)
        line.cluster.kubectl("-n", line.namespace, "patch", SERVICE, NAME, "--subresource=status", "--type=merge", "-p", '{"status": null}')
        wiped = line.until("its status is wiped", lambda s: not dig(s, "status.phase"), after=state)
        rebuilt = line.until("its status is rebuilt", lambda s: dig(s, "status.stable.version"), after=wiped)
        check_rebuilt(where, rebuilt)
        assert load.stop()["failed"] == 0
        line.cluster.kubectl("-n", line.namespace, "delete", SERVICE, NAME)
        wait_for("all that it made to be gone", lambda: not made(line) or None, 180)


def check_rebuilt(where: str, service: Object) -> None:
    expected = {"Canary": ("line-v1", "line-v2"), "Baking": ("line-v2", ""), "RollingBack": ("line-v1", "")}
    assert (dig(service, "status.stable.version"), dig(service, "status.canary.version")) == expected[where]


def made(line: Line) -> list[str]:
    kinds = ["deployments", "services", "controllerrevisions", "poddisruptionbudgets", "httproutes", "pods"]
    selector = f"millrace.dev/inference-service={NAME}"
    return [f"{kind}/{name}" for kind in kinds for name in names(line.cluster.list(kind, line.namespace, selector))]
