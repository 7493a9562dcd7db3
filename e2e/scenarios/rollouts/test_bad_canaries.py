"""A version that passes its gates and then fails or dawdles under load: turned back by what was measured, and the numbers are told."""

from __future__ import annotations

import time

import pytest

from cluster.kubectl import Object, dig
from cluster.load import Load
from cluster.operator import crash
from cluster.progress import tell
from scenarios.conftest import DEEP, Space
from scenarios.rollouts.line import ERRORS, LATENCY, Line, analysis

STEPS = [{"weight": 20, "pause": "10s"}, {"weight": 50, "pause": "10s"}, {"weight": 100}]
BAD = {"errors": ({"error_ratio": "0.3"}, "ErrorRatio"), "slow": ({"latency": "0.4"}, "LatencyP95")}


@pytest.mark.parametrize("kind", BAD if DEEP else ["errors"])
def test_turned_back_with_the_numbers(space: Space, kind: str) -> None:
    parameters, metric = BAD[kind]
    with Line(space) as line:
        line.begin(steps=STEPS, bake="10s", analysis=analysis(ERRORS, LATENCY))
        load = line.load()
        version = line.train(**parameters)
        line.until_step(version, 20)
        crash(line.cluster)
        state = line.until_result(version, "RolledBack")
        refused = dig(state, "status.refused", [])
        tell(f"{kind}: {refused[0]['message']}")
        assert [r["version"] for r in refused] == [version]
        assert metric in refused[0]["message"]
        assert numbers_of(line.recorder.history("line"), metric), "the measured value was never told"
        check_after(line, load)
    check_load(load.stop(), kind)


def numbers_of(states: list[Object], metric: str) -> list[str]:
    """The values of failing looks."""
    found = [one for state in states for one in dig(state, "status.analysis", []) if one["metric"] == metric]
    return [one["value"] for one in found if one.get("failures", 0) > 0 and one.get("value")]


def check_after(line: Line, load: Load) -> None:
    line.until_rest("line-v2")
    assert dig(line.service(), "status.stable.version") == "line-v1"
    assert dig(line.version("line-v2"), "status.verdict") == "Bad"
    began = time.time()
    load.wait_past(began + 5)
    assert load.window(began, time.time()).answers("2") == 0


def check_load(last: Object, kind: str) -> None:
    """Only the bad version failed, and only as its parameters say."""
    by_version = {code: set(versions) for code, versions in last["codes"].items()}
    assert by_version.pop("200") >= {"1"}
    assert by_version == ({"500": {"2"}} if kind == "errors" else {}), last["codes"]
