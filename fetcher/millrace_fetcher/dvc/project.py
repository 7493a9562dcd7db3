"""One commit of a repository as DVC sees it: which out, or which file of git, a path is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from millrace_fetcher.dvc import outs
from millrace_fetcher.dvc.config import Config
from millrace_fetcher.dvc.document import LARGEST, bad
from millrace_fetcher.dvc.outs import Out
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git.repository import Item, Repository


@dataclass(frozen=True)
class Tracked:
    """A path that DVC tracks: an out, and where in it, empty when the out itself is meant."""

    out: Out
    inside: str


def path_of(written: str) -> str:
    path = posixpath.normpath(written)
    if path.startswith(("/", "../")) or path in {".", ".."}:
        raise Failure(Reason.NOT_FOUND, f"path {written} is no path below the repository's root")
    return path


def _ancestors(path: str) -> Iterator[str]:
    """The folders that a path lies in, the nearest first, the root last."""
    while path:
        path = posixpath.dirname(path)
        yield path


class Project:
    """`root` is the folder of the nearest .dvc above the path (a repository may hold several projects), None where
    there is none."""

    def __init__(self, repository: Repository, commit: str, written: str) -> None:
        self._repository = repository
        self._commit = commit
        self.path = path_of(written)
        self._items = {item.path: item for item in repository.items(commit)}
        roots = (folder for folder in _ancestors(self.path) if posixpath.join(folder, ".dvc/config") in self._items)
        self.root = next(roots, None)

    def config(self) -> Config:
        file = posixpath.join(self.root or "", ".dvc/config")
        return Config(file, self._read([file])[file])

    def find(self) -> Tracked | Item:
        item = self._items.get(self.path)
        if item is not None and item.kind == "blob":
            return item
        tracked = self._tracked()
        if tracked is not None:
            return tracked
        if item is None or item.kind != "tree":
            where = f"{self._repository.address.url} at {self._commit[:12]}"
            raise Failure(Reason.NOT_FOUND, f"{where}: neither DVC nor git tracks {self.path}")
        return item

    def below(self, item: Item) -> tuple[Item, ...]:
        """The files of a folder that git tracks, by their paths in it."""
        start = item.path + "/"
        inside = [one for path, one in self._items.items() if path.startswith(start)]
        hidden = [one.path for one in inside if one.path.endswith(".dvc") and one.kind == "blob"]
        if hidden:
            message = f"{self.path} is a folder of git with parts that DVC tracks ({hidden[0]}); name one of them"
            raise Failure(Reason.NOT_SUPPORTED, message)
        return tuple(Item(one.mode, one.kind, one.oid, one.path.removeprefix(start)) for one in inside)

    def _tracked(self) -> Tracked | None:
        """Most outs lie beside their file, so that is looked at first: a repository may hold thousands."""
        if self.root is None:
            return None
        near = [file for file in self._nearby() if file in self._items]
        # Asked for together with the config, which is needed next.
        self._repository.want([self._items[file].oid for file in (*near, posixpath.join(self.root, ".dvc/config"))])
        start = posixpath.join(self.root, "")
        far = [file for file in self._items if file.startswith(start) and _holds_outs(file) and file not in near]
        return self._among(near) or self._among(far)

    def _nearby(self) -> Iterator[str]:
        yield self.path + ".dvc"
        for folder in _ancestors(self.path):
            if folder:
                yield folder + ".dvc"
            yield posixpath.join(folder, "dvc.lock")

    def _among(self, files: Sequence[str]) -> Tracked | None:
        """The innermost out that is the path or holds it."""
        pipelines = [posixpath.join(posixpath.dirname(file), "dvc.yaml") for file in files if _is_lock(file)]
        texts = self._read([*files, *(file for file in pipelines if file in self._items)])
        found = [out for file in files for out in self._outs(file, texts) if self._holds(out)]
        if not found:
            return None
        out = max(found, key=lambda one: len(one.path))
        return Tracked(out, self.path[len(out.path) + 1 :])

    def _outs(self, file: str, texts: dict[str, bytes]) -> Iterator[Out]:
        if not _is_lock(file):
            return outs.of_dvc_file(file, texts[file])
        return outs.of_lock(file, texts[file], texts.get(posixpath.join(posixpath.dirname(file), "dvc.yaml")))

    def _holds(self, out: Out) -> bool:
        return out.path == self.path or (out.is_folder and self.path.startswith(out.path + "/"))

    def _read(self, files: Sequence[str]) -> dict[str, bytes]:
        items = [self._items[file] for file in files]
        odd = [item.path for item in items if item.kind != "blob" or item.mode == "120000"]
        if odd:
            raise bad(odd[0], "it is no plain file")
        sizes = self._repository.want([item.oid for item in items])
        for item in items:
            if sizes[item.oid] > LARGEST:
                raise bad(item.path, f"it has {sizes[item.oid]} bytes, {LARGEST} are allowed")
        told = {oid: b"".join(chunks) for oid, chunks in self._repository.blobs(list(sizes))}
        return {item.path: told[item.oid] for item in items}


def _is_lock(file: str) -> bool:
    return posixpath.basename(file) == "dvc.lock"


def _holds_outs(file: str) -> bool:
    return _is_lock(file) or (file.endswith(".dvc") and posixpath.basename(file) != ".dvc")
