"""The tasks of what a run made: see task.py, which decodes them."""

from __future__ import annotations

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
class RegisterTask:
    """Times in milliseconds since 1970."""

    uri: str
    secret: Path | None
    experiment: str
    model: str
    version_name: str
    uid: str
    run_id: str
    source: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, int | float]
    tags: Mapping[str, str]
    aliases: tuple[str, ...]
    start_time: int
    end_time: int


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


def register(members: Members) -> RegisterTask:
    return RegisterTask(
        uri=members.text("uri"),
        secret=members.if_present("secret", members.path),
        experiment=members.text("experiment"),
        model=members.text("model"),
        version_name=members.text("versionName"),
        # Both stand in filters of MLflow's own language, between quotes.
        uid=members.text("uid", NAME),
        run_id=members.text("runId", NAME),
        source=members.text("source"),
        parameters=members.texts("parameters"),
        metrics=members.numbers("metrics"),
        tags=members.texts("tags"),
        aliases=members.items("aliases", text_item),
        start_time=members.count("startTime", 0),
        end_time=members.count("endTime", 0),
    )
