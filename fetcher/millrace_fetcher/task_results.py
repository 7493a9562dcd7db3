"""The tasks of what a run made: see task.py, which decodes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from millrace_fetcher.members import NAME, Members, text_item


@dataclass(frozen=True)
class StoreTask:
    """`uri` is the path of a folder, or s3://<bucket>/<prefix>; only the latter has a secret."""

    uri: str
    secret: Path | None = None


@dataclass(frozen=True)
class PublishTask:
    model: Path
    metrics: Path
    store: StoreTask
    name: str
    run: str
    attempt: int
    report: tuple[str, ...]
    max_size: int
    timeout: int
    format: str
    read: Mapping[str, str] | None = None


@dataclass(frozen=True)
class RecoverTask:
    store: StoreTask
    name: str
    run: str
    attempt: int
    report: tuple[str, ...]


@dataclass(frozen=True)
class MeasureTask:
    """`metrics`: by role, where its metrics.json lies."""

    metrics: Mapping[str, Path]
    report: tuple[str, ...]


@dataclass(frozen=True)
class ClearTask:
    """`keep`: the one entry of `folder` that stays."""

    folder: Path
    keep: str


@dataclass(frozen=True)
class RunTask:
    """A run as MLflow is told of it. Times in milliseconds since 1970; `status` is MLflow's own word for its end."""

    uri: str
    secret: Path | None
    experiment: str
    name: str
    run_id: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, int | float]
    tags: Mapping[str, str]
    start_time: int
    end_time: int
    status: str = "FINISHED"


@dataclass(frozen=True)
class RecordTask:
    run: RunTask


@dataclass(frozen=True)
class RegisterTask:
    run: RunTask
    model: str
    version_name: str
    uid: str
    source: str
    aliases: tuple[str, ...]


def _store(members: Members) -> StoreTask:
    if members.starts("store", "s3://"):
        return StoreTask(members.text("store"), members.if_present("secret", members.path))
    return StoreTask(str(members.path("store")))


def publish(members: Members) -> PublishTask:
    return PublishTask(
        model=members.path("model"),
        metrics=members.path("metrics"),
        store=_store(members),
        name=members.text("name", NAME),
        run=members.text("run", NAME),
        attempt=members.count("attempt", 1),
        report=members.items("report", text_item),
        max_size=members.count("maxSize", 1),
        timeout=members.count("timeout", 0),
        format=members.text("format"),
        read=members.if_present("read", members.digests),
    )


def recover(members: Members) -> RecoverTask:
    return RecoverTask(
        store=_store(members),
        name=members.text("name", NAME),
        run=members.text("run", NAME),
        attempt=members.count("attempt", 1),
        report=members.items("report", text_item),
    )


def measure(members: Members) -> MeasureTask:
    roles = Members(members.take("metrics"), "metrics")
    paths = {"challenger": roles.path("challenger")}
    if roles.has("champion"):
        paths["champion"] = roles.path("champion")
    roles.end()
    return MeasureTask(paths, members.items("report", text_item))


def clear(members: Members) -> ClearTask:
    return ClearTask(members.path("folder"), members.text("keep", NAME))


def _run(members: Members, name: str, status: str) -> RunTask:
    return RunTask(
        uri=members.text("uri"),
        secret=members.if_present("secret", members.path),
        experiment=members.text("experiment"),
        name=name,
        # Stands in a filter of MLflow's own language, between quotes.
        run_id=members.text("runId", NAME),
        parameters=members.texts("parameters"),
        metrics=members.numbers("metrics"),
        tags=members.texts("tags"),
        start_time=members.count("startTime", 0),
        end_time=members.count("endTime", 0),
        status=status,
    )


def record(members: Members) -> RecordTask:
    return RecordTask(_run(members, members.text("runName"), members.text("status", re.compile("FINISHED|FAILED"))))


def register(members: Members) -> RegisterTask:
    version_name = members.text("versionName")
    return RegisterTask(
        run=_run(members, version_name, "FINISHED"),
        model=members.text("model"),
        version_name=version_name,
        uid=members.text("uid", NAME),  # in a filter too
        source=members.text("source"),
        aliases=members.items("aliases", text_item),
    )
