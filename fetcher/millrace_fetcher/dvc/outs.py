"""The outs of a .dvc file and of a dvc.lock: which path is which object."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from millrace_fetcher.dvc.document import MD5, Node, bad, load
from millrace_fetcher.intake import checked_path
from millrace_fetcher.tree import MOST_FILES


@dataclass(frozen=True)
class Blob:
    """One file below an out; `path` is empty where the out is a file. `versions`: remote → version, where the bytes lie
    under their own name in a bucket that keeps versions."""

    path: str
    md5: str
    size: int | None = None
    versions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Import:
    """From where an out was imported; DVC pushes such bytes to no remote of its own."""

    repo: str
    commit: str
    path: str
    remote: str | None


@dataclass(frozen=True)
class Out:
    """`path` from the root of the repository. `md5` ends with .dir for a folder, and is empty where only `blobs` tell.
    `legacy`: written by DVC 2, whose md5 of a text is that of its lines with LF, and whose layout is older."""

    file: str
    path: str
    md5: str
    legacy: bool
    size: int | None = None
    remote: str | None = None
    blobs: tuple[Blob, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    source: Import | None = None

    @property
    def is_folder(self) -> bool:
        return self.md5.endswith(".dir") or bool(self.blobs)


def folder_md5(blobs: Sequence[Blob]) -> str:
    """The md5 of a folder as DVC computes it: that of its manifest."""
    ordered = sorted(blobs, key=lambda blob: blob.path)
    text = json.dumps([{"md5": blob.md5, "relpath": blob.path} for blob in ordered], sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"


def manifest(name: str, raw: bytes) -> tuple[Blob, ...]:
    """The files that a .dir object lists; its md5 is the caller's to check."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise bad(name, "it is no JSON") from error
    if not isinstance(value, list) or len(value) > MOST_FILES:
        raise bad(name, "it is no list of files, or too long")
    return _distinct(name, tuple(_listed(name, one) for one in value))


def _listed(name: str, one: Any) -> Blob:
    path, md5 = (one.get("relpath"), one.get("md5")) if isinstance(one, dict) else (None, None)
    if not isinstance(path, str) or not isinstance(md5, str) or not MD5.fullmatch(md5) or md5.endswith(".dir"):
        raise bad(name, "a file in it has no relpath or no md5")
    return Blob(checked_path(path), md5)


def _distinct(name: str, blobs: tuple[Blob, ...]) -> tuple[Blob, ...]:
    if len({blob.path for blob in blobs}) < len(blobs):
        raise bad(name, "a path occurs twice")
    return blobs


def of_dvc_file(file: str, raw: bytes) -> Iterator[Out]:
    fields = Node(load(file, raw), file).fields()
    wdir = fields["wdir"].text() if "wdir" in fields else "."
    source = _source(fields)
    for node in fields["outs"].items() if "outs" in fields else []:
        out = _out(node, posixpath.join(posixpath.dirname(file), wdir), source)
        if out is not None:
            yield out


def of_lock(file: str, raw: bytes, pipeline: bytes | None) -> Iterator[Out]:
    """`pipeline` is the dvc.yaml beside it: only that tells in which folder a stage runs."""
    fields = Node(load(file, raw), file).fields()
    stages = fields["stages"].fields() if "stages" in fields else {k: v for k, v in fields.items() if k != "schema"}
    folders = _stage_folders(posixpath.join(posixpath.dirname(file), "dvc.yaml"), pipeline)
    for name, stage in stages.items():
        parts = stage.fields()
        folder = posixpath.join(posixpath.dirname(file), folders.get(name.split("@")[0], "."))
        for node in parts["outs"].items() if "outs" in parts else []:
            out = _out(node, folder, None)
            if out is not None:
                yield out


def _stage_folders(file: str, raw: bytes | None) -> dict[str, str]:
    if raw is None:
        return {}
    found = {}
    stages = Node(load(file, raw), file).fields().get("stages")
    for name, stage in (stages.fields() if stages else {}).items():
        fields = stage.fields()
        fields = fields["do"].fields() if "do" in fields else fields
        if "wdir" in fields:
            found[name] = fields["wdir"].text()
    return found


def _source(fields: dict[str, Node]) -> Import | None:
    for node in fields["deps"].items() if "deps" in fields else []:
        dep = node.fields()
        if "repo" in dep:
            return _import(node, dep)
    return None


def _import(node: Node, dep: dict[str, Node]) -> Import:
    repo = dep["repo"].fields()
    if "url" not in repo or "rev_lock" not in repo or "path" not in dep:
        raise node.bad("an import with path, repo.url and repo.rev_lock")
    remote = repo["remote"].text() if "remote" in repo else None
    return Import(repo["url"].text(), repo["rev_lock"].text(), dep["path"].text(), remote)


def _out(node: Node, folder: str, source: Import | None) -> Out | None:
    """None where it lies outside the repository."""
    fields = node.fields()
    if "path" not in fields:
        raise node.bad("an out with a path")
    written = fields["path"].text()
    path = posixpath.normpath(posixpath.join(folder, written))
    if "://" in written or path.startswith(("/", "../")) or path in {".", ".."}:
        return None
    return Out(
        file=node.file,
        path=path,
        md5=fields["md5"].md5() if "md5" in fields else "",
        legacy="hash" not in fields,
        size=fields["size"].count() if "size" in fields else None,
        remote=fields["remote"].text() if "remote" in fields else None,
        blobs=_files(fields["files"]) if "files" in fields else (),
        versions=_versions(fields),
        source=source,
    )


def _files(node: Node) -> tuple[Blob, ...]:
    blobs = []
    for item in node.items():
        fields = item.fields()
        if "relpath" not in fields or "md5" not in fields:
            raise item.bad("a file with relpath and md5")
        size = fields["size"].count() if "size" in fields else None
        path = checked_path(fields["relpath"].text())
        blobs.append(Blob(path, fields["md5"].md5(), size, _versions(fields)))
    return _distinct(node.file, tuple(blobs))


def _versions(fields: dict[str, Node]) -> dict[str, str]:
    found = {}
    for remote, node in (fields["cloud"].fields() if "cloud" in fields else {}).items():
        told = node.fields()
        if "version_id" in told:
            found[remote] = told["version_id"].text()
    return found
