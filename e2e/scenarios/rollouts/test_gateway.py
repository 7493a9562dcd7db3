"""Weights through a gateway: the share of real requests at each step, and no 5xx when a rollout ends, is aborted or changes its provider."""

from __future__ import annotations

import time
from typing import Any

from cluster import wait_for
from cluster.kubectl import dig
from cluster.load import Load
from cluster.progress import tell
from scenarios import light
from scenarios.conftest import Space
from scenarios.light import NAME
from scenarios.rollouts.line import ERRORS, Line, Shares, analysis

STEPS = [{"weight": 20, "pause": "15s"}, {"weight": 50, "pause": "15s"}, {"weight": 100, "pause": "5s"}]
POINTS = 2.0


def test_shares_and_no_5xx(space: Space) -> None:
    rollout: dict[str, Any] = {"steps": STEPS, "bake": "10s", "analysis": analysis(ERRORS)}
    with Line(space) as line:
        line.begin(**rollout)
        load = line.load()
        version = line.train()
        measured = {weight: Shares(line, load).at(version, weight) for weight in (20, 50)}
        # As CI waits for one version: on the fresh object, which no older rollout can have settled.
        assert dig(light.wait_settled(line.cluster, line.namespace, light.VERSION, version), "status.result") == "Promoted"
        check_shares(measured)

        aborted = line.train()
        line.until_step(aborted, 20)
        token = line.say(f"abort {aborted}")
        assert line.outcome(token)["outcome"] == "Done"
        state = line.until_result(aborted, "RolledBack")
        assert [r["version"] for r in dig(state, "status.refused", [])] == [aborted]
        line.until_rest(aborted)

        check_switch(line, load)
    last = load.stop()
    assert set(last["codes"]) <= {"200", "404"}, last["codes"]


def check_shares(measured: dict[int, tuple[float, int]]) -> None:
    tell("\n".join(f"at {weight} %: {share:.1f} % of {total}" for weight, (share, total) in measured.items()))
    for weight, (share, total) in measured.items():
        assert total >= 300
        assert abs(share - weight) <= POINTS


def check_switch(line: Line, gateway: Load) -> None:
    """To the entry and back: its clients notice nothing; the gateway's have no route in between, and never a 5xx."""
    entry = line.load(through="Service")
    line.provider = "Service"
    line.serve()
    state = line.until("the entry splits", lambda s: dig(s, "status.provider") == "Service")
    wait_for("the route to be gone", lambda: line.cluster.get("httproutes", f"{NAME}-predict", line.namespace) is None)
    # It learns of that a little later: before, its answers say nothing about the new route.
    gone = time.time()
    wait_for("the gateway to notice", lambda: "404" in gateway.window(gone, time.time()).by_code())
    line.provider = "GatewayAPI"
    line.serve()
    line.until("the route splits again", lambda s: dig(s, "status.provider") == "GatewayAPI", after=state)
    # Gateways learn of a route a little after its status says so.
    wait_for("the gateway to answer again", lambda: set(gateway.window(time.time() - 5, time.time()).by_code()) == {"200"})
    began = time.time()
    line.train()
    line.until_result(f"{NAME}-v{line.trained}", "Promoted")
    assert set(gateway.window(began, time.time()).by_code()) == {"200"}
    assert set(entry.stop()["codes"]) == {"200"}
