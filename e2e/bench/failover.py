"""How long nobody leads, when the leader stops and when it is killed."""

from __future__ import annotations

import time
from pathlib import Path

from bench.process import Operator
from bench.report import Report
from bench.world import World, say


def measure(binary: Path, world: World, report: Report) -> None:
    for how, end in (("a clean stop", Operator.stop), ("a kill", Operator.kill)):
        say(f"  failover after {how} …")
        first = Operator(binary, world.kubeconfig, world.log("operator"), elect=True)
        first.wait_leads()
        second = Operator(binary, world.kubeconfig, world.log("operator-2"), elect=True)
        try:
            second.wait_ready()
            began = time.monotonic()
            end(first)
            second.wait_leads()
            report.row(f"failover after {how}", time.monotonic() - began, "s")
        finally:
            first.stop()
            second.stop()
