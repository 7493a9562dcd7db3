"""The tasks of what a run made: see task.py, which decodes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from millrace_fetcher.members import NAME, Members, text_item


@dataclass(frozen=True)
class PublishTask:
    model: Path
    metrics: Path
    store: Path
    name: str
    run: str
    attempt: int
    report: tuple[str, ...]
    max_size: int
    timeout: int
    format: str


def publish(members: Members) -> PublishTask:
    return PublishTask(
        model=members.path("model"),
        metrics=members.path("metrics"),
        store=members.path("store"),
        name=members.text("name", NAME),
        run=members.text("run", NAME),
        attempt=members.count("attempt", 1),
        report=members.items("report", text_item),
        max_size=members.count("maxSize", 1),
        timeout=members.count("timeout", 0),
        format=members.text("format"),
    )
