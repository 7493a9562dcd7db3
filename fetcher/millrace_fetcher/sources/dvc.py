"""dvc: a path of a repository whose bytes DVC keeps in a remote, or git itself in the repository."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from millrace_fetcher.dvc.check import Sums
from millrace_fetcher.dvc.objects import Objects
from millrace_fetcher.dvc.outs import Blob, Import, Out, folder_md5
from millrace_fetcher.dvc.project import Project, Tracked
from millrace_fetcher.dvc.remote import Keys
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git.address import address_of
from millrace_fetcher.git.repository import Item, Repositories, Repository
from millrace_fetcher.identity import Content, Entry, of_file, of_tree
from millrace_fetcher.intake import Intake
from millrace_fetcher.sources.found import Found
from millrace_fetcher.sources.git import taken
from millrace_fetcher.task import Dvc, Location

DEEPEST_IMPORT = 5
_POINTER = b"version https://git-lfs.github.com/spec/"


class Part(Protocol):
    """What a path turned out to be."""

    @property
    def is_folder(self) -> bool: ...

    def identity(self) -> str: ...

    def size(self) -> int | None: ...

    def check(self) -> None:
        """Raises when it shows already that the bytes are not to be had."""
        ...

    def read(self, intake: Intake, name: str) -> list[Entry]:
        """`name` is that of a single file."""
        ...


class _Plain:
    """A file or a folder that git itself tracks."""

    def __init__(self, repository: Repository, project: Project, item: Item) -> None:
        self._repository = repository
        self._item = item
        self._below = () if item.kind == "blob" else project.below(item)

    @property
    def is_folder(self) -> bool:
        return self._item.kind == "tree"

    def identity(self) -> str:
        return f"git-{self._item.kind}:{self._item.oid}"

    def size(self) -> int | None:
        return None

    def check(self) -> None:
        """The commit was fetched, so its files are to be had."""

    def read(self, intake: Intake, name: str) -> list[Entry]:
        items = self._below if self.is_folder else (replace(self._item, path=name),)
        return list(taken(self._repository, items, intake, _no_pointer))


def _no_pointer(item: Item, chunks: Iterable[bytes]) -> Iterable[bytes]:
    rest = iter(chunks)
    first = next(rest, b"")
    if first.startswith(_POINTER):
        raise Failure(Reason.NOT_SUPPORTED, f"{item.path} is kept by Git LFS, whose bytes cannot be read")
    return itertools.chain((first,), rest)


class _Imported:
    """An out whose bytes are in the repository that it was imported from; its md5 is that of this repository."""

    def __init__(self, out: Out, origin: Part) -> None:
        self._out = out
        self._origin = origin

    @property
    def is_folder(self) -> bool:
        return self._origin.is_folder

    def identity(self) -> str:
        return f"md5:{self._out.md5}" if self._out.md5 else self._origin.identity()

    def size(self) -> int | None:
        return self._origin.size() if self._out.size is None else self._out.size

    def check(self) -> None:
        self._origin.check()

    def read(self, intake: Intake, name: str) -> list[Entry]:
        sums: dict[str, Sums] = {}
        with intake.watched(lambda path: sums.setdefault(path, Sums())):
            entries = self._origin.read(intake, name)
        if self._out.md5 and self._out.md5 not in {self._md5(sums, legacy) for legacy in {False, self._out.legacy}}:
            message = f"{self._out.file}: the imported bytes are not md5 {self._out.md5}"
            raise Failure(Reason.DATA_CHANGED, message)
        return entries

    def _md5(self, sums: dict[str, Sums], legacy: bool) -> str:
        blobs = [Blob(path, each.md5(legacy)) for path, each in sums.items()]
        return folder_md5(blobs) if self.is_folder else blobs[0].md5


class Data:
    def __init__(self, location: Location, dvc: Dvc, repositories: Repositories) -> None:
        self._location = location
        self._dvc = dvc
        self._repositories = repositories
        self._home = repositories.of(dvc.repo, location.secret)

    def find(self) -> Found:
        commit = self._home.commit_of(self._dvc.rev)
        part = self._part(self._home, commit, self._dvc.path, self._dvc.remote)
        part.check()
        return Found(part.identity(), "Strong", part.size(), commit)

    def read(self, into: Path | None, identity: str | None) -> Content:
        commit = self._location.commit or self._home.commit_of(self._dvc.rev)
        part = self._part(self._home, commit, self._dvc.path, self._dvc.remote)
        if identity is not None and part.identity() != identity:
            message = f"{self._dvc.path} at {commit} is {part.identity()}, pinned was {identity}"
            raise Failure(Reason.DATA_CHANGED, message)
        entries = part.read(Intake(into), posixpath.basename(self._dvc.path.rstrip("/")))
        return of_tree(entries) if part.is_folder else of_file(entries[0])

    def _part(self, repository: Repository, commit: str, path: str, remote: str | None, depth: int = 0) -> Part:
        project = Project(repository, commit, path)
        found = project.find()
        if isinstance(found, Item):
            return _Plain(repository, project, found)
        if found.out.source is not None:
            return self._imported(found, found.out.source, depth)
        return Objects(project, found, remote, Keys(self._location.secret, self._home.address.server))

    def _imported(self, found: Tracked, source: Import, depth: int) -> Part:
        if depth >= DEEPEST_IMPORT:
            message = f"{found.out.file}: imported over more than {DEEPEST_IMPORT} repositories"
            raise Failure(Reason.NOT_SUPPORTED, message)
        if not re.fullmatch("[0-9a-f]{40}", source.commit):
            raise Failure(Reason.BAD_METADATA, f"{found.out.file}: deps.repo.rev_lock must be a commit")
        repository = self._origin(found.out.file, source.repo)
        path = posixpath.join(source.path, found.inside)
        origin = self._part(repository, source.commit, path, source.remote, depth + 1)
        return origin if found.inside else _Imported(found.out, origin)

    def _origin(self, file: str, repo: str) -> Repository:
        """Another server gets no credentials: whoever writes a .dvc file chooses that server."""
        try:
            is_home = address_of(repo, has_secret=False).server == self._home.address.server
            return self._repositories.of(repo, self._location.secret if is_home else None)
        except Failure as failure:
            raise Failure(Reason.NOT_SUPPORTED, f"{file}: imported from {repo}: {failure.message}") from failure
