"""Every five seconds all of the operator's connections are reset, for twenty minutes: its memory, descriptors and threads do not grow."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest

from cluster import wait_for
from cluster.kubectl import dig
from cluster.progress import tell
from faults.host import Resources
from scenarios.conftest import DEEP, Space
from scenarios.faults.behind import operator_behind, proxy_of
from scenarios.light import NAME, SERVICE
from scenarios.rollouts.line import Line

MINUTES = 20
WARM = 5 * 60.0  # seconds: until then pools and caches take their size
RESET = 5.0
SLOPE = 512.0  # KiB a minute
MORE = 8  # descriptors that may be open besides at one moment


@pytest.mark.skipif(not DEEP, reason=f"{MINUTES} minutes: MILLRACE_DEEP=1")
def test_nothing_grows_while_connections_are_reset(space: Space) -> None:
    with proxy_of(space.cluster) as proxy, operator_behind(space.cluster, proxy, "soak") as host, Line(space, "Service") as line:
        line.begin()
        load = line.load(5)
        samples: list[tuple[float, Resources]] = []
        began, resets, cut = time.monotonic(), 0, 0
        while time.monotonic() < began + MINUTES * 60:
            wait_for("the next reset", partial(past, began + resets * RESET), 10)
            cut += proxy.reset()
            resets += 1
            samples.append((time.monotonic() - began, host.resources()))
            patch = json.dumps({"spec": {"replicas": 1 + resets % 2}})  # so that there is something to do
            line.cluster.kubectl("-n", space.name, "patch", SERVICE, NAME, "--type=merge", "-p", patch)
        wait_for("the last edit to be obeyed", lambda: dig(line.service(), "status.observedGeneration") == line.service()["metadata"]["generation"] or None)
        assert load.stop()["failed"] == 0
    tell(f"{resets} resets of {cut} connections; ends of the process: {host.ended}")
    assert host.ended == [0]
    judge(samples)


def judge(samples: list[tuple[float, Resources]]) -> None:
    late = [(at, told) for at, told in samples if at >= WARM]
    slope = slope_of([(at / 60, told.resident) for at, told in late])
    descriptors, threads = [told.descriptors for _, told in late], [told.threads for _, told in late]
    tell(
        f"resident {late[0][1].resident} to {late[-1][1].resident} KiB, {slope:+.1f} KiB a minute; "
        f"descriptors {min(descriptors)} to {max(descriptors)}, threads {min(threads)} to {max(threads)}"
    )
    assert slope < SLOPE
    for counts in (descriptors, threads):
        quarter = len(counts) // 4
        assert max(counts[-quarter:]) <= max(counts[:quarter]) + MORE


def past(instant: float) -> bool:
    return time.monotonic() >= instant


def slope_of(points: list[tuple[float, float]]) -> float:
    """Of the straight line that is nearest to all of them."""
    x, y = (sum(column) / len(points) for column in zip(*points, strict=True))
    slope: float = sum((at - x) * (value - y) for at, value in points) / sum((at - x) ** 2 for at, _ in points)
    return slope
