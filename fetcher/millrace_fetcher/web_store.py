"""What stores that are asked by JSON over HTTP have in common: listings, and files that are checked as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from millrace_fetcher import http, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content, Entry, of_file, of_tree
from millrace_fetcher.intake import Hash, Intake

LARGEST_LISTING = 64 << 20


@dataclass(frozen=True)
class File:
    """`path` below what is meant, or the base name of a single file; `mark` is the store's own name for the bytes."""

    path: str
    size: int
    url: str
    mark: str = ""


Check = Callable[[File], tuple[Hash, Callable[[], bool]]]


class _Length:
    def __init__(self) -> None:
        self.size = 0

    def update(self, data: bytes, /) -> None:
        self.size += len(data)


def of_length(file: File) -> tuple[Hash, Callable[[], bool]]:
    length = _Length()
    return length, lambda: length.size == file.size


def ask(client: http.Client, url: str) -> dict[str, Any]:
    """The object that a server answers."""
    raw = bytearray()
    with client.request("GET", url) as answer:
        for chunk in http.body(answer, url):
            raw += chunk
            if len(raw) > LARGEST_LISTING:
                raise Failure(Reason.TOO_LARGE, f"{http.shown(url)} answered more than {LARGEST_LISTING} bytes")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise strange(url) from error
    if not isinstance(value, dict):
        raise strange(url)
    return value


def strange(url: str) -> Failure:
    return Failure(Reason.UNREACHABLE, f"{http.shown(url)} answered something else than it is known for")


def items_of(value: dict[str, Any], key: str, url: str) -> list[dict[str, Any]]:
    items = value.get(key, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise strange(url)
    if len(items) > tree.MOST_FILES:
        raise Failure(Reason.TOO_LARGE, f"{http.shown(url)} lists more than {tree.MOST_FILES} files")
    return items


def size_in(item: dict[str, Any], key: str, url: str) -> int:
    text = str(item.get(key, ""))
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise strange(url)
    return int(text)


def take(client: http.Client, files: Sequence[File], is_single: bool, into: Path | None, check: Check) -> Content:
    """Reads files; bytes that are not those of the listing are another version of it."""
    intake = Intake(into)
    intake.expect(sum(file.size for file in files))

    def one(file: File) -> Entry:
        seen, is_right = check(file)
        with client.request("GET", file.url) as answer:
            entry = intake.file(file.path, http.body(answer, file.url), seen)
        if not is_right():
            raise Failure(Reason.DATA_CHANGED, f"{http.shown(file.url)}: the bytes are not those that were listed")
        return entry

    entries = intake.each(files, one)
    return of_file(entries[0]) if is_single else of_tree(entries)
