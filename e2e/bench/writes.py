"""What the operator asked of the server for each object, and the least that could do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cluster.audit import Request, counts

EVENTS = "events"


@dataclass(frozen=True)
class Story:
    """One kind of work: `objects` times the same, each of which has `statuses` objects that tell their own status."""

    title: str
    objects: int
    statuses: int
    requests: list[Request]

    @property
    def writes(self) -> list[Request]:
        return [one for one in self.requests if one.writes and one.resource != "leases"]

    @property
    def children(self) -> list[Request]:
        """What came to be: by a POST, or by the first apply of what was not there."""
        return [one for one in self.lasting if one.code == 201]

    @property
    def reads(self) -> list[Request]:
        return [one for one in self.requests if one.verb == "get" and one.resource != "leases"]

    @property
    def lasting(self) -> list[Request]:
        return [one for one in self.writes if one.resource != EVENTS]

    @property
    def floor(self) -> float:
        """Writes of one object that no operator can do without: each child once, each status once."""
        return len(self.children) / self.objects + self.statuses

    def each(self, requests: Iterable[Request]) -> float:
        return len(list(requests)) / self.objects

    def problems(self) -> list[str]:
        """Children made twice, and kinds of which not every object got the same number."""
        names = Counter((one.resource, one.namespace, one.name) for one in self.children)
        found = [f"{self.title}: {resource} {name} was created {times} times" for (resource, _, name), times in names.items() if times > 1]
        uneven = {what: times for what, times in counts(self.children).items() if times % self.objects}
        return found + [f"{self.title}: {what} {times} times for {self.objects} objects" for what, times in uneven.items()]


def rows(stories: list[Story]) -> list[list[str]]:
    """A row for each kind of write, a column for each story; then the sums."""
    kinds = sorted({one.what for story in stories for one in story.writes})
    out = [[what, *(figure(story.each(one for one in story.writes if one.what == what)) for story in stories)] for what in kinds]
    out.append(["**writes without events**", *(figure(story.each(story.lasting)) for story in stories)])
    out.append(["children made", *(figure(story.each(story.children)) for story in stories)])
    out.append(["floor: each child and each status once", *(figure(story.floor) for story in stories)])
    out.append(["**ratio**", *(figure(story.each(story.lasting) / story.floor) for story in stories)])
    out.append(["refused, of the writes", *(figure(story.each(one for one in story.writes if one.code >= 400)) for story in stories)])
    return [*out, ["reads of single objects", *(figure(story.each(story.reads)) for story in stories)]]


def figure(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
