"""All statuses wiped: rebuilt from the operator's own objects, nothing trained again, no request sent anywhere else (D21)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from cluster import Timeout, wait_for
from cluster.kubectl import Object, dig, names
from cluster.watch import Watch
from scenarios import light
from scenarios.conftest import DEEP, Space
from scenarios.light import JOB, NAME, SERVICE, VERSION

ENTRY = f"{NAME}-predict"
WEIGHTS = "{.spec.rules[*].backendRefs[*].name} {.spec.rules[*].backendRefs[*].weight}"
REACHED = "{range .endpoints[?(@.conditions.ready==true)]}{.targetRef.name} {end}"


def wipe(space: Space) -> None:
    for kind in (JOB, VERSION, SERVICE):
        for name in names(space.cluster.list(kind, space.name)):
            patch = json.dumps({"status": None})
            space.cluster.kubectl("-n", space.name, "patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)


def rebuilt(space: Space) -> bool:
    found = [o for kind in (JOB, VERSION, SERVICE) for o in space.cluster.list(kind, space.name)]
    return all(dig(o, "status.observedGeneration", 0) == o["metadata"]["generation"] for o in found)


@contextmanager
def traffic_unmoved(space: Space, provider: str) -> Iterator[None]:
    """From the first state on, neither the entry's selector nor the pods that it reaches nor the weights of the route change inside."""
    by_entry = f"kubernetes.io/service-name={ENTRY}"
    with (
        Watch(space.cluster, space.name, f"services/{ENTRY}", "{.spec.selector}") as selector,
        Watch(space.cluster, space.name, "endpointslices", REACHED, by_entry) as reached,
        ExitStack() as gateway,
    ):
        weights = gateway.enter_context(Watch(space.cluster, space.name, f"httproutes/{ENTRY}", WEIGHTS)) if provider == "GatewayAPI" else selector
        weights.first()
        selector.first()
        assert reached.first()
        yield
    assert set(weights.lines) == {weights.lines[0]}
    assert set(selector.lines) == {selector.lines[0]}
    assert {frozenset(line.split()) for line in reached.lines} == {frozenset(reached.lines[0].split())}


def told(space: Space) -> dict[str, Any]:
    """What the statuses say, but for times, sentences and the history."""
    out: dict[str, Any] = {}
    for kind in (JOB, VERSION, SERVICE):
        for o in space.cluster.list(kind, space.name):
            out[o["metadata"]["name"] + "." + kind] = said(o)
    return out


def said(o: Object) -> dict[str, Any]:
    paths = (
        "phase result modelVersion highestVersion run.number run.inputHash run.attempt run.version run.digest settled.generation settled.run settled.version "
        "settled.result stable.version stable.revision canary.version canary.revision lastGood.version lastGood.revision runtime verdict origin"
    )
    values = {path: dig(o, f"status.{path}", None) for path in paths.split()}
    values["data"] = [(d["name"], d["identity"]) for d in dig(o, "status.data", [])]
    values["serving"] = [(s["service"], s["role"], s["verdict"]) for s in dig(o, "status.serving", [])]
    values["conditions"] = {c["type"]: c["status"] for c in dig(o, "status.conditions", [])}
    if values["conditions"].get("Settled") != "True":  # the verdict on what was before; nothing but status ever held it
        values = {path: value for path, value in values.items() if path != "result" and not path.startswith("settled.")}
    return values


def children(space: Space, provider: str) -> dict[str, list[str]]:
    """But for resolvers, which go by themselves a minute after their end."""
    kinds = ("jobs", VERSION, "controllerrevisions", "deployments", "pods", "services", *(["httproutes"] if provider == "GatewayAPI" else []))
    return {kind: sorted(o["metadata"]["uid"] for o in space.cluster.list(kind, space.name, "!millrace.dev/resolve")) for kind in kinds}


def train(space: Space, number: int) -> None:
    space.cluster.apply(light.training_job(space.name, {"n": str(number)}))
    light.wait_settled(space.cluster, space.name, JOB, NAME)


def serve(space: Space, provider: str, pause: str) -> None:
    space.cluster.apply(light.inference_service(space.name, NAME, provider, steps=[{"weight": 50, "pause": pause}, {"weight": 100}]))


@pytest.mark.parametrize("provider", light.PROVIDERS if DEEP else ["Service"])
def test_all_statuses_wiped(space: Space, provider: str) -> None:
    light.need(space.cluster, provider)
    light.prepare(space.cluster, space.name)
    serve(space, provider, "30m")
    train(space, 1)
    light.wait_settled(space.cluster, space.name, VERSION, "line-v1")
    wipe_and_compare(space, provider)

    train(space, 2)
    wait_for("the canary's step", lambda: in_step(space))
    with Watch(space.cluster, space.name, f"{SERVICE}/{NAME}", "{.status.canary.version}/{.status.stable.version}") as roles:
        roles.first()
        wipe_and_compare(space, provider)
        serve(space, provider, "1s")
        wipe(space)
        wait_for("the canary's step", lambda: in_step(space))
        steps = dig(space.cluster.get(SERVICE, NAME, space.name), "status.canary.steps")
        assert steps[0]["pause"] == "30m", "it goes on by the steps with which it began, whatever the spec says by now"
        light.say(space.cluster, space.name, "promote line-v2 step=1", "w1")
        light.wait_settled(space.cluster, space.name, VERSION, "line-v2")
    # Between a wipe and the first status after it nothing is told; whatever is told has never swapped the two.
    assert set(roles.lines) == {"line-v2/line-v1", "/", "/line-v2"}
    service = space.cluster.get(SERVICE, NAME, space.name)
    assert dig(service, "status.lastGood.version") == "line-v2" and dig(service, "status.result") == "Promoted"
    assert [dig(v, "status.result") for v in space.cluster.list(VERSION, space.name)] == ["Promoted", "Promoted"]
    assert dig(space.cluster.get(JOB, NAME, space.name), "status.run.number") == 2


def wipe_and_compare(space: Space, provider: str) -> None:
    before, made = told(space), children(space, provider)
    with traffic_unmoved(space, provider):
        wipe(space)
        wait_for("statuses to be rebuilt", lambda: rebuilt(space))
        with suppress(Timeout):
            wait_for("statuses to say the same", lambda: told(space) == before, 30)
        assert told(space) == before
    assert children(space, provider) == made


def in_step(space: Space) -> bool:
    """And the version tells its role, which is an observation: it is written a little later."""
    roles = [s["role"] for s in dig(space.cluster.get(VERSION, "line-v2", space.name), "status.serving", [])]
    return roles == ["Canary"] and bool(dig(space.cluster.get(SERVICE, NAME, space.name), "status.canary.stepStartedAt"))
