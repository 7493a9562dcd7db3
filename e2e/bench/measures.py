"""What is measured of one operator with one number of services: memory, rest, starts, passes."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from bench.process import Memory, Operator, Start
from bench.report import Report
from bench.scrape import Metrics
from bench.world import World, say
from cluster.audit import counts

REST_SECONDS = 60.0
STARTS = 5
MIB = 1 << 20
_RECONCILES = "controller_runtime_reconcile_time_seconds"


def starts(binary: Path, world: World, objects: int) -> tuple[Start, Operator]:
    """Starts the operator several times on objects that need nothing; the last one goes on."""
    found: list[Start] = []
    while True:
        operator = Operator(binary, world.kubeconfig, world.log("operator"), elect=True)
        found.append(operator.wait_passes(objects))
        if len(found) == STARTS:
            break
        operator.stop()
    middle = statistics.median
    took = Start(*(middle(column) for column in zip(*((one.first_pass, one.all_passes, one.cpu) for one in found), strict=True)))
    return took, operator


def rest(operator: Operator, world: World, report: Report, services: int) -> None:
    """A minute in which nothing happens: only the lease may be written, only watches be opened."""
    world.wait_quiet()
    say(f"  {REST_SECONDS:.0f} s at rest with {services} services …")
    began, cpu = time.time(), operator.cpu_seconds()
    time.sleep(REST_SECONDS)  # the measured interval itself
    spent = operator.cpu_seconds() - cpu
    found = counts(world.audit.requests(began, began + REST_SECONDS))
    name = f"{REST_SECONDS:.0f} s at rest, {services} services"
    report.row(f"{name}: CPU", spent, "s")
    report.row(f"{name}: renewals of the lease", found.pop("update leases", 0), "requests")
    report.row(f"{name}: watches opened", sum(found.pop(what) for what in list(found) if what.startswith("watch ")), "requests")
    report.row(f"{name}: all other requests", sum(found.values()), "requests")
    report.must(f"phases at rest of {services} services", world.phases(), {"Serving": services})
    report.must(f"requests at rest with {services} services", dict(found), {})


def memory(report: Report, what: str, found: Memory, floor: Memory) -> None:
    for name, value, least in (
        ("RSS", found.resident, floor.resident),
        ("of it neither shared nor from files", found.own, floor.own),
        ("peak RSS", found.peak, floor.peak),
    ):
        report.row(f"{name}, {what}", value / MIB, "MiB", least / MIB, "no object")


def passes(metrics: Metrics) -> list[list[str]]:
    out = []
    for controller in metrics.values(f"{_RECONCILES}_count", "controller"):
        took = metrics.histogram(_RECONCILES, controller=controller)
        errors = metrics.total("controller_runtime_reconcile_errors_total", controller=controller)
        times = [f"{took.mean * 1000:.1f}", f"{took.quantile(0.99) * 1000:.1f}"] if took.count else ["", ""]
        out.append([controller, f"{took.count:.0f}", *times, f"{errors:.0f}"])
    return out
