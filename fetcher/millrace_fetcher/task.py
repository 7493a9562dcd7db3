"""The task that the operator puts into MILLRACE_TASK: typed, and decoded strictly, since a task that is not understood
in full is a bug of ours (exit code 30)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from millrace_fetcher.failure import Failure, Reason

Strength = Literal["Strong", "Weak"]
T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MISSING = object()


@dataclass(frozen=True)
class Location:
    """Where something is read. `path` only with pvc://."""

    uri: str
    path: Path | None = None
    digest: str | None = None
    secret: Path | None = None


@dataclass(frozen=True)
class SourceTask:
    name: str
    location: Location
    identity: str = ""
    strength: Strength = "Weak"


@dataclass(frozen=True)
class ResolveTask:
    sources: tuple[SourceTask, ...]


@dataclass(frozen=True)
class FetchTask:
    into: Path
    sources: tuple[SourceTask, ...]
    parameters: Mapping[str, str] | None = None
    parameters_file: Path | None = None


@dataclass(frozen=True)
class FetchModelTask:
    location: Location
    into: Path


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


@dataclass(frozen=True)
class VerifyTask:
    location: Location


def _malformed(where: str, wanted: str) -> Failure:
    return Failure(Reason.MALFORMED_TASK, f"task: {where} must be {wanted}")


class _Members:
    """The members of one object, each taken once; what is left over at the end is an error."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise _malformed(where, "an object")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def has(self, key: str) -> bool:
        return key in self._left

    def at(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def take(self, key: str, default: object = _MISSING) -> Any:
        value = self._left.pop(key, default)
        if value is _MISSING:
            raise _malformed(self.at(key), "present")
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value or "\0" in value:
            raise _malformed(self.at(key), "a text that is not empty")
        if pattern is not None and not pattern.fullmatch(value):
            raise _malformed(self.at(key), f"of the form {pattern.pattern}")
        return value

    def path(self, key: str, dots: bool = False) -> Path:
        text = self.text(key)
        if not text.startswith("/") or (".." in text.split("/") and not dots):
            raise _malformed(self.at(key), "an absolute path without ..")
        return Path(text)

    def count(self, key: str, least: int) -> int:
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise _malformed(self.at(key), f"a whole number of at least {least}")
        return value

    def items(self, key: str, one: Callable[[object, str], T]) -> tuple[T, ...]:
        value = self.take(key)
        if not isinstance(value, list):
            raise _malformed(self.at(key), "a list")
        return tuple(one(item, f"{self.at(key)}[{number}]") for number, item in enumerate(value))

    def if_present(self, key: str, one: Callable[[str], T]) -> T | None:
        return one(key) if key in self._left else None

    def end(self) -> None:
        if self._left:
            raise _malformed(self.at(min(self._left)), "absent, it is not known")


def _text_item(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _malformed(where, "a text")
    return value


def _location(members: _Members) -> Location:
    uri = members.text("uri")
    # A claim's path ends with what the user wrote, so its dots are the user's cause: the source refuses them.
    path = members.path("path", dots=True) if uri.startswith("pvc://") else None
    return Location(
        uri=uri,
        path=path,
        digest=members.if_present("digest", lambda key: members.text(key, _DIGEST)),
        secret=members.if_present("secret", members.path),
    )


def _source(value: object, where: str, pinned: bool) -> SourceTask:
    members = _Members(value, where)
    name = members.text("name", _NAME)
    location = _location(members)
    identity, strength = "", "Weak"
    if pinned:
        identity = members.text("identity")
        strength = members.text("strength", re.compile("Strong|Weak"))
    members.end()
    return SourceTask(name, location, identity, cast(Strength, strength))


def _sources(members: _Members, pinned: bool) -> tuple[SourceTask, ...]:
    sources = members.items("sources", lambda value, where: _source(value, where, pinned))
    if len({source.name for source in sources}) < len(sources):
        raise _malformed(members.at("sources"), "without a name that occurs twice")
    return sources


def _parameters(value: object) -> dict[str, str]:
    members = _Members(value, "parameters")
    return {key: _text_item(members.take(key), members.at(key)) for key in cast(dict[str, object], value)}


def _resolve(members: _Members) -> ResolveTask:
    return ResolveTask(_sources(members, pinned=False))


def _fetch_model(value: object) -> FetchModelTask:
    members = _Members(value, "model")
    location = _location(members)
    if location.digest is None:
        raise _malformed("model.digest", "present")
    task = FetchModelTask(location, members.path("into"))
    members.end()
    return task


def _fetch(members: _Members) -> FetchTask | FetchModelTask:
    if members.has("model"):
        return _fetch_model(members.take("model"))
    into = members.path("into")
    sources = _sources(members, pinned=True)
    parameters = members.if_present("parameters", lambda key: _parameters(members.take(key)))
    parameters_file = members.if_present("parametersFile", members.path)
    if (parameters is None) != (parameters_file is None):
        raise _malformed("parameters", "given together with parametersFile")
    return FetchTask(into, sources, parameters, parameters_file)


def _publish(members: _Members) -> PublishTask:
    return PublishTask(
        model=members.path("model"),
        metrics=members.path("metrics"),
        store=members.path("store"),
        name=members.text("name", _NAME),
        run=members.text("run", _NAME),
        attempt=members.count("attempt", 1),
        report=members.items("report", _text_item),
        max_size=members.count("maxSize", 1),
        timeout=members.count("timeout", 0),
        format=members.text("format"),
    )


def _verify(members: _Members) -> VerifyTask:
    location = _location(members)
    if location.digest is None:
        raise _malformed("digest", "present")
    return VerifyTask(location)


Task = ResolveTask | FetchTask | FetchModelTask | PublishTask | VerifyTask

_DECODERS: dict[str, Callable[[_Members], Task]] = {
    "resolve": _resolve,
    "fetch": _fetch,
    "publish": _publish,
    "verify": _verify,
}


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member occurs twice")
    return members


def decode(verb: str, text: str | None) -> Task:
    """The task of a verb. Raises Failure(MALFORMED_TASK) that names the first member that is wrong, never its value:
    it may hold a secret."""
    if verb not in _DECODERS:
        raise Failure(Reason.MALFORMED_TASK, f"verb must be one of {', '.join(_DECODERS)}")
    if text is None:
        raise Failure(Reason.MALFORMED_TASK, "MILLRACE_TASK is not set")
    try:
        value = json.loads(text, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError) as error:
        raise Failure(Reason.MALFORMED_TASK, "MILLRACE_TASK is no JSON object without twin members") from error
    members = _Members(value, "")
    version = members.take("v")
    if version != 1 or isinstance(version, bool):
        raise _malformed("v", "1")
    task = _DECODERS[verb](members)
    members.end()
    return task
