"""`make bench`: prints one Markdown report; ends with 1 when a count is wrong or something could not be measured."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench import measures, objects, release
from bench.process import DidNotStart, Memory, Operator, version_seconds
from bench.report import Report
from bench.world import NotReached, World, say
from bench.writes import Story, rows
from testbed.shell import TestbedError

FEW, MANY, TRAINED = 3, 300, 3
BATCH = 25  # what a small machine's API server takes at once without keeping everybody else waiting


class Bench:
    def __init__(self, binary: Path, world: World, report: Report) -> None:
        self.binary, self.world, self.report = binary, world, report
        self.operator: Operator | None = None
        self.stories: list[Story] = []

    def run(self) -> None:
        """Each part goes on with the objects of the one before."""
        floor = version_seconds(self.binary)
        empty = self.without_objects()
        self.deploy(0, FEW)
        few = self.settled(FEW, floor, empty)
        self.deploy(FEW, MANY)
        many = self.settled(MANY, floor, empty)
        for when, small, large in zip(("in the process that deployed them", "after a restart"), few, many, strict=True):
            self.report.row(f"memory of one service, {when}", (large.resident - small.resident) / 1024 / (MANY - FEW), "KiB")
        self.train()

    def stop(self) -> None:
        if self.operator:
            self.operator.stop()

    def tell(self) -> None:
        """What the audit log says of the stories that came to their end."""
        self.report.section("Writes per object", ["request", *(story.title for story in self.stories)], rows(self.stories))

    def start(self) -> Operator:
        """Without an election: a lease that is lost under the load of a deploy would end the measurement."""
        self.stop()
        self.operator = Operator(self.binary, self.world.kubeconfig, self.world.log("operator"), elect=False)
        self.operator.wait_ready()
        return self.operator

    def running(self) -> Operator:
        if self.operator is None or not self.operator.alive():
            raise DidNotStart(f"the operator has ended; see {self.world.log('operator')}")
        return self.operator

    def without_objects(self) -> Memory:
        say("  the operator without objects …")
        operator = self.start()
        self.world.wait_quiet()
        found = operator.memory()
        operator.stop()
        return found

    def deploy(self, first: int, end: int) -> None:
        count = end - first
        say(f"  {count} versions and services …")
        operator = self.start()
        began, clock, cpu = time.time(), time.monotonic(), operator.cpu_seconds()
        for start in range(first, end, BATCH):
            batch = range(start, min(start + BATCH, end))
            self.world.create(one for number in batch for one in objects.pinned(number))
            self.world.follow({f"pinned-{number}": f"pinned-{number}-v1" for number in batch}, 600, operator.alive)
            say(f"    {batch.stop} services serve ({time.monotonic() - clock:.0f} s)")
        seconds = time.monotonic() - clock
        self.world.wait_quiet()
        self.note(Story(f"deploy of a pinned version, {count} times", count, 2, self.world.audit.requests(began)))
        self.report.row(f"{count} services, {min(BATCH, count)} at a time, from the first request to the last that serves", seconds, "s")
        self.report.row(f"CPU of the operator per service, {count} deployed", (operator.cpu_seconds() - cpu) * 1000 / count, "ms")
        head = ["controller", "passes", "mean ms", "p99 ms", "errors"]
        self.report.section(f"Passes until {end} services serve", head, measures.passes(operator.metrics()))

    def settled(self, services: int, floor: float, empty: Memory) -> tuple[Memory, Memory]:
        """Memory as it is and after a restart, the restarts' times, and what the restarted one does at rest."""
        operator = self.running()
        lived = operator.memory()
        measures.memory(self.report, f"{services} services, in the process that deployed them", lived, empty)
        operator.stop()
        say(f"  {measures.STARTS} starts on {services} services …")
        took, self.operator = measures.starts(self.binary, self.world, 2 * services)
        self.report.row(f"exec to the first pass, {services} services", took.first_pass * 1000, "ms", floor * 1000, "millrace --version")
        self.report.row(f"exec to one pass of each object, {services} services", took.all_passes * 1000, "ms", floor * 1000, "millrace --version")
        self.report.row(f"CPU until then, {services} services", took.cpu * 1000, "ms")
        self.world.wait_quiet()
        restarted = self.running().memory()
        measures.memory(self.report, f"{services} services, after a restart", restarted, empty)
        measures.rest(self.running(), self.world, self.report, services)
        return lived, restarted

    def train(self) -> None:
        self.start()
        for number, title in enumerate(("training and first deploy", "training of the next and canary"), start=1):
            say(f"  {title} …")
            began = time.time()
            self.world.apply(one for job in range(TRAINED) for one in objects.trained(job, {"round": str(number)}))
            self.world.follow({f"trained-{job}": f"trained-{job}-v{number}" for job in range(TRAINED)}, 300, self.running().alive)
            self.world.wait_quiet()
            self.note(Story(f"{title}, {TRAINED} times", TRAINED, 3, self.world.audit.requests(began)))

    def note(self, story: Story) -> None:
        self.stories.append(story)
        self.report.wrong += story.problems()


def sizes(binary: Path, report: Report) -> None:
    found, mib = release.sizes(binary), measures.MIB
    report.row("operator's binary, stripped", found.binary / mib, "MiB")
    report.row("operator's image, uncompressed", found.operator / mib, "MiB", found.binary / mib, "its binary")
    report.row("fetcher's image, uncompressed", found.fetcher / mib, "MiB", found.python / mib, "the Python image below it")


def main() -> int:
    began, report = time.monotonic(), Report()
    try:
        binary = release.binary()
        sizes(binary, report)
        world = World()
        bench = Bench(binary, world, report)
        try:
            bench.run()
        finally:
            bench.stop()
            bench.tell()
        world.down()
    except (NotReached, DidNotStart, release.NotThere, TestbedError) as problem:
        report.wrong.append(str(problem))
    print(report.text())
    say(f"bench: {time.monotonic() - began:.0f} s")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
