"""The wall clock of the operator's machine jumps: the Lease stays, and no step or bake ends sooner than its pause, or never."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cluster.kubectl import dig
from cluster.progress import tell
from scenarios.conftest import DEEP, Space
from scenarios.faults.behind import operator_behind, proxy_of
from scenarios.rollouts.line import Line
from testbed.packages import ensure

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
PAUSE = 20.0
NEAR = 2.0  # seconds: instants are whole seconds, and what is told is heard up to one later
SLOW = 40.0  # seconds beside the pause in which pods come and go
JUMPS = {"hour-on": "+1h", "hour-back": "-1h", "day-on": "+1d"}


class Clock:
    """The wall clock of one process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.jump("+0")

    def jump(self, offset: str) -> None:
        """From the true time; as libfaketime writes it."""
        self._file.write_text(f"{offset}\n")

    @property
    def environment(self) -> dict[str, str]:
        rest = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
        return {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(self._file), **rest}


@pytest.mark.parametrize("jump", JUMPS if DEEP else ["hour-on"])
def test_no_jump_shortens_a_pause(space: Space, tmp_path: Path, jump: str) -> None:
    ensure({LIBRARY: "libfaketime"})
    clock = Clock(tmp_path / "offset")
    with (
        proxy_of(space.cluster) as proxy,
        operator_behind(space.cluster, proxy, "jumping", clock.environment) as host,
        Line(space, "Service") as line,
    ):
        pause = f"{PAUSE:.0f}s"
        line.begin(steps=[{"weight": 50, "pause": pause}, {"weight": 100}], bake=pause)
        load = line.load(10)
        version = line.train()
        line.until_step(version, 50)
        began = time.monotonic()
        clock.jump(JUMPS[jump])
        line.until("all requests are given to it", lambda s: dig(s, "status.stable.version") == version)
        stepped = time.monotonic() - began
        assert abs(host.metrics().total("millrace_clock_behind_seconds")) > 1000
        clock.jump("+0")
        line.until_result(version, "Promoted")
        baked = time.monotonic() - began - stepped
        assert load.stop()["failed"] == 0
    tell(f"{jump} and back: the step lasted {stepped:.1f} s, the bake {baked:.1f} s, of {pause} each; ends of the process: {host.ended}")
    assert host.ended == [0], "the Lease does not go by the wall clock"
    assert "the system's clock was set" in host.log.read_text()
    assert PAUSE - NEAR <= stepped <= PAUSE + SLOW
    assert PAUSE - NEAR <= baked <= PAUSE + SLOW
