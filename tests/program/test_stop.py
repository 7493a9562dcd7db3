"""How the operator's process ends: a clean stop gives the lease back, a second signal waits for nobody."""

from __future__ import annotations

import time
from pathlib import Path

from stand import PATIENCE, running


def test_a_clean_stop_gives_the_lease_back(program: Path, tmp_path: Path) -> None:
    with running(program, tmp_path, silent=False) as (server, process):
        assert server.led.wait(PATIENCE)
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert server.lease is not None
        assert server.lease["spec"]["holderIdentity"] == "" and server.lease["spec"]["leaseDurationSeconds"] == 1


def test_a_second_signal_ends_it_at_once(program: Path, tmp_path: Path) -> None:
    with running(program, tmp_path, silent=True) as (server, process):
        assert server.asked.wait(PATIENCE)
        begin = time.monotonic()
        while process.poll() is None:  # a stop that waits for an answer about the lease; signals that come together count as one
            process.terminate()
            time.sleep(0.05)
            assert time.monotonic() - begin < PATIENCE
        assert process.returncode == 1
