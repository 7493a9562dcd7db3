"""`python -m bench.polling [JOBS [MINUTES]]`: what it costs that many TrainingJobs look for new data and there is none."""

from __future__ import annotations

import sys
import time

from bench import objects, release
from bench.follow import NotReached
from bench.measures import MIB
from bench.process import DidNotStart, Operator
from bench.report import Report
from bench.world import World, say
from cluster.audit import counts
from testbed.shell import TestbedError

NAMESPACES, INTERVAL = 20, "5m"
BATCH = 25
TRAIN_SECONDS = 3600.0


def train(world: World, operator: Operator, report: Report, jobs: int) -> None:
    """Each has a run behind it: only then it polls."""
    world.create(objects.namespaces(NAMESPACES))
    began = told = time.monotonic()
    for start in range(0, jobs, BATCH):
        world.create(objects.polling(number, NAMESPACES, INTERVAL) for number in range(start, min(start + BATCH, jobs)))
    while (done := world.trained()["Succeeded"]) < jobs:
        now = time.monotonic()
        if not operator.alive() or now - began > TRAIN_SECONDS:
            raise NotReached(f"{done} of {jobs} TrainingJobs have trained after {now - began:.0f} s")
        if now - told > 20:
            told = now
            say(f"    {done} of {jobs} TrainingJobs have trained ({now - began:.0f} s)")
        time.sleep(10)
    say(f"  {jobs} TrainingJobs have trained: {time.monotonic() - began:.0f} s")
    report.row(f"{jobs} TrainingJobs in {NAMESPACES} namespaces, from the first request to the last version", time.monotonic() - began, "s")


def measure(world: World, operator: Operator, report: Report, jobs: int, minutes: float) -> None:
    say(f"  {minutes:g} minutes of polling …")
    began, cpu = time.time(), operator.cpu_seconds()
    time.sleep(minutes * 60)  # the measured interval itself
    spent = operator.cpu_seconds() - cpu
    found = [one for one in world.audit.requests(began, began + minutes * 60) if not one.resource.startswith("leases")]
    writes = counts(one for one in found if one.writes)
    name = f"{jobs} TrainingJobs, each looked at every {INTERVAL}"
    report.row(f"{name}: resolver pods", writes["create jobs"] / minutes, "a minute")
    report.row(f"{name}: writes of the operator", writes.total() / minutes, "a minute")
    report.row(f"{name}: CPU of the operator", spent * 1000 / 60 / minutes, "ms a second")
    report.row(f"{name}: RSS of the operator", operator.memory().resident / MIB, "MiB")
    report.section("Writes while polling", ["request", "a minute"], [[what, f"{times / minutes:.1f}"] for what, times in sorted(writes.items())])
    report.must("phases after polling", world.trained(), {"Succeeded": jobs})


def main(jobs: int = 1000, minutes: float = 5) -> int:
    began, report = time.monotonic(), Report()
    try:
        binary, world = release.binary(), World()
        operator = Operator(binary, world.kubeconfig, world.log("operator"), elect=False)
        try:
            operator.wait_ready()
            train(world, operator, report, jobs)
            measure(world, operator, report, jobs, minutes)
        finally:
            operator.stop()
        world.down()
    except (NotReached, DidNotStart, release.NotThere, TestbedError) as problem:
        report.wrong.append(str(problem))
    print(report.text())
    say(f"bench: {time.monotonic() - began:.0f} s")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
