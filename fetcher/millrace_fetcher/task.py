"""The task that the operator puts into MILLRACE_TASK: typed, and decoded strictly, since a task that is not understood
in full is a bug of ours (exit code 30)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from millrace_fetcher import task_results
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.members import DIGEST, NAME, Members, malformed

CODE = ".code"  # the name of the source that is code, which no data source can have
_PINNED_NAME = re.compile(rf"\.code|{NAME.pattern}")
_WANTED_NAME = re.compile(rf"([a-z][a-z0-9-]{{0,252}}/)?({_PINNED_NAME.pattern})")  # <training job>/<source>
COMMIT = re.compile("[0-9a-f]{40}")

Strength = Literal["Strong", "Weak"]


@dataclass(frozen=True)
class Git:
    """A whole tree of a repository; `rev` is a branch, a tag or a commit written in full."""

    repo: str
    rev: str


@dataclass(frozen=True)
class Dvc:
    """A path that DVC or git tracks in a repository; `remote` instead of the one that the repository names."""

    repo: str
    rev: str
    path: str
    remote: str | None = None


@dataclass(frozen=True)
class Location:
    """Where something is read: `uri`, or else one of `dvc` and `git`. `path` only with pvc://; `commit` pins a
    repository."""

    uri: str = ""
    path: Path | None = None
    digest: str | None = None
    secret: Path | None = None
    dvc: Dvc | None = None
    git: Git | None = None
    commit: str | None = None


@dataclass(frozen=True)
class SourceTask:
    """`known`: what resolve found last time. The others are what fetch brings, and where to."""

    name: str
    location: Location
    known: str | None = None
    identity: str = ""
    strength: Strength = "Weak"
    into: Path | None = None


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
class VerifyTask:
    location: Location


@dataclass(frozen=True)
class DeleteTask:
    location: Location


def _location(members: Members) -> Location:
    uri = members.text("uri")
    # A claim's path ends with what the user wrote, so its dots are the user's cause: the source refuses them.
    path = members.path("path", dots=True) if uri.startswith("pvc://") else None
    return Location(
        uri=uri,
        path=path,
        digest=members.if_present("digest", lambda key: members.text(key, DIGEST)),
        secret=members.if_present("secret", members.path),
    )


def _dvc(value: object, where: str) -> Dvc:
    members = Members(value, where)
    repo, rev, path = (members.text(key) for key in ("repo", "rev", "path"))
    dvc = Dvc(repo, rev, path, members.if_present("remote", members.text))
    members.end()
    return dvc


def _git(value: object, where: str) -> Git:
    members = Members(value, where)
    git = Git(members.text("repo"), members.text("rev"))
    members.end()
    return git


def _source_location(members: Members, pinned: bool) -> Location:
    if [members.has(kind) for kind in ("uri", "dvc", "git")].count(True) != 1:
        raise malformed(members.at("uri"), "given, or else one of dvc and git")
    if members.has("uri"):
        return _location(members)
    return Location(
        secret=members.if_present("secret", members.path),
        dvc=members.if_present("dvc", lambda key: _dvc(members.take(key), members.at(key))),
        git=members.if_present("git", lambda key: _git(members.take(key), members.at(key))),
        commit=members.text("commit", COMMIT) if pinned else None,
    )


def _wanted(value: object, where: str) -> SourceTask:
    """A source of resolve."""
    members = Members(value, where)
    name, location = members.text("name", _WANTED_NAME), _source_location(members, pinned=False)
    source = SourceTask(name, location, known=members.if_present("known", members.text))
    members.end()
    return source


def _pinned(value: object, where: str) -> SourceTask:
    """A source of fetch."""
    members = Members(value, where)
    source = SourceTask(
        name=members.text("name", _PINNED_NAME),
        location=_source_location(members, pinned=True),
        identity=members.text("identity"),
        strength=cast(Strength, members.text("strength", re.compile("Strong|Weak"))),
        into=members.if_present("into", members.path),
    )
    members.end()
    return source


def _sources(members: Members, one: Callable[[object, str], SourceTask]) -> tuple[SourceTask, ...]:
    sources = members.items("sources", one)
    if len({source.name for source in sources}) < len(sources):
        raise malformed(members.at("sources"), "without a name that occurs twice")
    return sources


def _resolve(members: Members) -> ResolveTask:
    return ResolveTask(_sources(members, _wanted))


def _fetch_model(value: object) -> FetchModelTask:
    members = Members(value, "model")
    location = _location(members)
    if location.digest is None:
        raise malformed("model.digest", "present")
    task = FetchModelTask(location, members.path("into"))
    members.end()
    return task


def _fetch(members: Members) -> FetchTask | FetchModelTask:
    if members.has("model"):
        return _fetch_model(members.take("model"))
    into = members.path("into")
    sources = _sources(members, _pinned)
    parameters = members.if_present("parameters", members.texts)
    parameters_file = members.if_present("parametersFile", members.path)
    if (parameters is None) != (parameters_file is None):
        raise malformed("parameters", "given together with parametersFile")
    return FetchTask(into, sources, parameters, parameters_file)


def _verify(members: Members) -> VerifyTask:
    location = _location(members)
    if location.digest is None:
        raise malformed("digest", "present")
    return VerifyTask(location)


def _delete(members: Members) -> DeleteTask:
    return DeleteTask(_location(members))


ResultsTask = task_results.PublishTask | task_results.RecoverTask | task_results.MeasureTask
OtherTask = task_results.RegisterTask | task_results.RecordTask | task_results.ClearTask
Task = ResolveTask | FetchTask | FetchModelTask | VerifyTask | DeleteTask | ResultsTask | OtherTask

_DECODERS: dict[str, Callable[[Members], Task]] = {
    "resolve": _resolve,
    "fetch": _fetch,
    "publish": task_results.publish,
    "verify": _verify,
    "delete": _delete,
    "recover": task_results.recover,
    "measure": task_results.measure,
    "clear": task_results.clear,
    "register": task_results.register,
    "record": task_results.record,
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
    members = Members(value, "")
    version = members.take("v")
    if version != 1 or isinstance(version, bool):
        raise malformed("v", "1")
    task = _DECODERS[verb](members)
    members.end()
    return task
