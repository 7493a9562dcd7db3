"""Names for bytes: one digest for a file, one for a tree by its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_WEAK = 200


@dataclass(frozen=True)
class Entry:
    """One file: path relative to the tree, divided by /; sha256 in hex; size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Content:
    """What was read: its digest, and the files in the order of the manifest."""

    digest: str
    size: int
    files: tuple[Entry, ...]


def sha256_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """Canonical JSON: members sorted, no white space, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def in_order(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.path.encode()))


def manifest(entries: Sequence[Entry]) -> bytes:
    files = [{"path": entry.path, "sha256": entry.sha256, "size": entry.size} for entry in in_order(entries)]
    return canonical({"files": files, "v": 1})


def of_tree(entries: Sequence[Entry]) -> Content:
    return Content(sha256_of(manifest(entries)), sum(entry.size for entry in entries), in_order(entries))


def of_file(entry: Entry) -> Content:
    return Content("sha256:" + entry.sha256, entry.size, (entry,))


def weak(etag: str | None, size: int | None, modified: str | None) -> str:
    """The identity that the headers of an answer give (RFC 9110 §8); empty when they give none."""
    parts = [("etag", etag), ("size", size), ("modified", modified)]
    text = ";".join(f"{key}:{value}" for key, value in parts if value is not None)
    if len(text.encode()) <= LONGEST_WEAK:
        return text
    return "h:" + hashlib.sha256(text.encode()).hexdigest()
