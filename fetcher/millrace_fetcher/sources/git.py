"""The code: a whole tree of a commit. Submodules are not followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from millrace_fetcher import report, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git.repository import Item, Repository
from millrace_fetcher.identity import Content, Entry, of_tree
from millrace_fetcher.intake import Intake
from millrace_fetcher.sources.found import Found
from millrace_fetcher.task import Git, Location

_EXECUTABLE = "100755"
_LINK = "120000"


class Code:
    def __init__(self, location: Location, git: Git, repository: Repository) -> None:
        self._location = location
        self._git = git
        self._repository = repository

    def find(self) -> Found:
        commit = self._repository.commit_of(self._git.rev)
        return Found(f"git:{commit}", "Strong", None, commit)

    def read(self, into: Path | None, identity: str | None) -> Content:
        commit = self._location.commit or self._repository.commit_of(self._git.rev)
        if identity is not None and identity != f"git:{commit}":
            raise Failure(Reason.DATA_CHANGED, f"the commit is {commit}, pinned was {identity}")
        return of_tree(list(taken(self._repository, self._repository.items(commit), Intake(into))))


def _as_it_is(_: Item, chunks: Iterable[bytes]) -> Iterable[bytes]:
    return chunks


def taken(
    repository: Repository,
    items: tuple[Item, ...],
    intake: Intake,
    checked: Callable[[Item, Iterable[bytes]], Iterable[bytes]] = _as_it_is,
) -> Iterator[Entry]:
    """Writes the blobs among the items, each below the path that it has."""
    places: dict[str, list[Item]] = {}
    for item in items:
        if item.mode == _LINK:
            raise tree.bad_tree(item.path, "a symbolic link is not allowed")
        if item.kind == "blob":
            places.setdefault(item.oid, []).append(item)
        elif item.kind == "commit":
            report.say(f"{item.path}: a submodule, left out")
    for oid, chunks in repository.blobs(list(places)):
        same = places[oid]
        again = list(chunks) if len(same) > 1 else chunks
        for item in same:
            yield intake.file(item.path, checked(item, again), executable=item.mode == _EXECUTABLE)
