"""`make bench`, or `python -m bench SERVICES…`: prints one Markdown report and writes bench/results.md; ends with 1 when a count is wrong or
something could not be measured. The second number of services is also rolled over by canaries, and that many TrainingJobs run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench import failover, measures, micro, release
from bench.follow import NotReached
from bench.process import DidNotStart, version_seconds
from bench.report import Report
from bench.scale import Scale
from bench.world import say
from bench.writes import Story, rows
from testbed.paths import CHECKOUT
from testbed.shell import TestbedError

SERVICES = (100, 1000, 5000)
RESULTS = CHECKOUT / "bench/results.md"


def services(binary: Path, report: Report, stories: list[Story], count: int, main: bool) -> None:
    scale = Scale(binary, report, stories)
    if main:
        measures.memory(report, "without objects", scale.empty, scale.empty)
    cost = scale.services(count)
    if main:
        measures.rest(scale.operator, scale.world, report, count)
        scale.canaries(count)
    if count >= 1000:
        scale.restarts(count)
    if main:
        scale.statuses(count)
        failover.measure(binary, scale.world, report)
    scale.beside(f"{count} services", cost)


def trainings(binary: Path, report: Report, stories: list[Story], count: int) -> None:
    # Ten at once, as it is without the option, is for the nodes' sake: the runs would wait for each other, not for the operator.
    scale = Scale(binary, report, stories, f"--max-resolvers={count}")
    scale.beside(f"{count} TrainingJobs", scale.trainings(count))


def sizes(binary: Path, report: Report) -> None:
    found, mib = release.sizes(binary), measures.MIB
    report.row("operator's binary, stripped", found.binary / mib, "MiB")
    report.row("operator's image, uncompressed", found.operator / mib, "MiB", found.binary / mib, "its binary")
    report.row("fetcher's image, uncompressed", found.fetcher / mib, "MiB", found.python / mib, "the Python image below it")
    report.row("exec to the end of `millrace --version`", version_seconds(binary) * 1000, "ms")


def main(counts: list[int]) -> int:
    began, report, stories = time.monotonic(), Report(), list[Story]()
    middle = counts[min(1, len(counts) - 1)]
    try:
        binary = release.binary()
        sizes(binary, report)
        micro.run(report)
        for count in counts:
            services(binary, report, stories, count, count == middle)
        trainings(binary, report, stories, middle)
    except (NotReached, DidNotStart, release.NotThere, TestbedError) as problem:
        report.wrong.append(str(problem))
    report.section("Requests for each object", ["request", *(story.title for story in stories)], rows(stories))
    print(report.text())
    RESULTS.write_text(report.text() + "\n")
    say(f"bench: {time.monotonic() - began:.0f} s; written to {RESULTS.relative_to(CHECKOUT)}")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or list(SERVICES)))
