"""So many objects at once: how long until all are ready, what it costs, and the floor beside it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import floor, follow, measures, objects
from bench.objects import Object
from bench.process import Memory, Operator
from bench.report import Report
from bench.world import World, say
from bench.writes import Story
from cluster.audit import Request

KIB, MIB = 1 << 10, 1 << 20
# What people write here; everything else is the operator's, whose program has the same name as the load's.
_PEOPLES = frozenset({"create modelversions", "create inferenceservices", "create trainingjobs", "patch inferenceservices"})


@dataclass(frozen=True)
class Cost:
    objects: int
    seconds: float
    cpu: float
    server_cpu: float
    memory: Memory
    requests: list[Request]
    children: list[floor.Child]


class Scale:
    def __init__(self, binary: Path, report: Report, stories: list[Story], *options: str) -> None:
        """`options` of the operator's command line."""
        self.binary, self.report, self.stories = binary, report, stories
        self.world = World()
        self.operator = Operator(binary, self.world.kubeconfig, self.world.log("operator"), *options, elect=False)
        self.operator.wait_ready()
        self.world.wait_quiet()
        self.empty = self.operator.memory()

    def stop(self) -> None:
        self.operator.stop()
        self.world.down()

    def versions(self, count: int, of: int) -> Cost:
        """What the services are to serve, made by hand and verified before anybody asks for them."""
        say(f"  {count} ModelVersions …")
        everything = [objects.post(objects.version(number, of)) for number in range(count)]
        return self._measure(count, everything, follow.VERSIONS, {f"pinned-{n}-v{of}": "Ready" for n in range(count)})

    def services(self, count: int) -> Cost:
        """All are asked for at once."""
        self._tell(f"{count} ModelVersions", self.versions(count, 1), statuses=1)
        say(f"  {count} services …")
        everything = [objects.post(objects.pinned(number)) for number in range(count)]
        cost = self._measure(count, everything, follow.SERVICES, {f"pinned-{n}": f"pinned-{n}-v1" for n in range(count)})
        self._tell(f"{count} services", cost, statuses=2)
        return cost

    def canaries(self, count: int) -> None:
        """All services get another version at once; each takes it over by a canary."""
        self.versions(count, 2)
        say(f"  {count} canaries …")
        everything = [objects.repinned(number, 2) for number in range(count)]
        cost = self._measure(count, everything, follow.SERVICES, {f"pinned-{n}": f"pinned-{n}-v2" for n in range(count)})
        self._tell(f"{count} canaries", cost, statuses=2)

    def trainings(self, count: int) -> Cost:
        say(f"  {count} TrainingJobs …")
        everything = (objects.post(objects.trained(number, {})[0]) for number in range(count))
        cost = self._measure(count, everything, follow.TRAININGS, {f"trained-{n}": "Succeeded" for n in range(count)})
        self._tell(f"{count} TrainingJobs", cost, statuses=2)
        return cost

    def beside(self, what: str, cost: Cost) -> None:
        """The floor, on a cluster of its own: this one is gone afterwards."""
        self.stop()
        least = floor.measure(cost.children)
        row = self.report.row
        row(f"{what}, from the first request until all are ready", cost.seconds, "s", least.seconds, "the same children made directly")
        per, children = 1000 / cost.objects, f"{len(cost.children)} children"
        row(f"{what}: CPU of the API server for each", cost.server_cpu * per, "ms", least.server_cpu * per, children)
        row(f"{what}: children made in", least.written, "s")

    def restarts(self, count: int) -> None:
        """A start on objects that need nothing."""
        self.operator.stop()
        began = time.time()
        took, self.operator = measures.starts(self.binary, self.world, 2 * count)
        self.world.wait_quiet()
        wrote = [one for one in self.world.audit.requests(began) if one.writes and one.resource != "leases"]
        name = f"restart on {count} services"
        self.report.row(f"{name}: exec to one pass of each object", took.all_passes, "s")
        self.report.row(f"{name}: CPU until then", took.cpu, "s")
        self.report.row(f"{name}: writes", len(wrote), "requests")
        self.report.must(f"writes of a {name}", [one.what for one in wrote], [])
        self.report.row(f"{name}: RSS afterwards", self.operator.memory().resident / MIB, "MiB")

    def statuses(self, count: int) -> None:
        """What the API server spends on a status write of ours, the operator being away."""
        self.operator.stop()
        puts = [rewritten(one) for one in self.world.listed("inferenceservices.millrace.dev")[:count]]
        cpu = self.world.server_cpu()
        self.world.press(puts)
        spent = self.world.server_cpu() - cpu
        self.report.row("CPU of the API server for a status write of an InferenceService", spent * 1000 / len(puts), "ms")

    def _measure(self, count: int, everything: Iterable[Object], kind: follow.Kind, wanted: Mapping[str, str]) -> Cost:
        self.operator.forget_peak()
        since, began = time.time(), time.monotonic()
        cpu, server = self.operator.cpu_seconds(), self.world.server_cpu()
        self.world.press(everything)
        self.world.follow(kind, wanted, 3600, self.operator.alive)
        seconds, served = time.monotonic() - began, self.world.server_cpu() - server
        self.world.wait_quiet()
        found = [one for one in self.world.audit.requests(since) if one.what not in _PEOPLES and one.resource != "leases"]
        spent, memory = self.operator.cpu_seconds() - cpu, self.operator.memory()
        made = [one for one in found if one.code == 201 and one.writes and one.resource != "events"]
        return Cost(count, seconds, spent, served, memory, found, floor.children(self.world, made))

    def _tell(self, what: str, cost: Cost, statuses: int) -> None:
        story = Story(what, cost.objects, statuses, cost.requests)
        self.stories.append(story)
        self.report.wrong += story.problems()
        row, per = self.report.row, 1 / cost.objects
        row(f"{what}, from the first request until all are ready", cost.seconds, "s")
        row(f"{what}: CPU of the operator for each", cost.cpu * 1000 * per, "ms")
        row(f"{what}: writes for each, without events", len(story.lasting) * per, "requests", story.floor, "children and one status each")
        row(f"{what}: events for each", (len(story.writes) - len(story.lasting)) * per, "requests")
        row(f"{what}: reads for each", len(story.reads) * per, "requests")
        row(f"{what}: RSS at rest", cost.memory.resident / MIB, "MiB", self.empty.resident / MIB, "no object")
        row(f"{what}: RSS for each", (cost.memory.resident - self.empty.resident) / KIB * per, "KiB")
        row(f"{what}: peak RSS", cost.memory.peak / MIB, "MiB", cost.memory.resident / MIB, "at rest")


def rewritten(found: Object) -> Object:
    """The request that writes its status again, with another time in one condition."""
    status = found["status"]
    conditions = [*status["conditions"][:-1], status["conditions"][-1] | {"lastTransitionTime": "2026-01-01T00:00:00Z"}]
    metadata = found["metadata"]
    path = f"/apis/{objects.API}/namespaces/{metadata['namespace']}/inferenceservices/{metadata['name']}/status"
    body = found | {"status": status | {"conditions": conditions}}
    return {"method": "PUT", "path": path, "contentType": objects.JSON, "body": body}
