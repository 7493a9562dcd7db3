"""YAML of a repository as plain texts, lists and objects: no aliases, no tags, no guesses about types."""

from __future__ import annotations

import re
from typing import Any

import yaml

from millrace_fetcher.failure import Failure, Reason

LARGEST = 32 << 20
DEEPEST = 20
MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar stays a text: 0e12 is no number here


def bad(file: str, why: str) -> Failure:
    return Failure(Reason.BAD_METADATA, f"{file}: {why}")


def decoded(file: str, raw: bytes) -> str:
    if len(raw) > LARGEST:
        raise bad(file, f"it has {len(raw)} bytes, {LARGEST} are allowed")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise bad(file, "it is no text") from error


def load(file: str, raw: bytes) -> Any:
    text = decoded(file, raw)
    try:
        _check_shape(file, text)
        return yaml.load(text, _Loader)  # noqa: S506, the base loader makes nothing but texts, lists and objects
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise bad(file, f"{line}{error.problem or 'it is no YAML'}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise bad(file, "it is no YAML") from error


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _check_shape(file: str, text: str) -> None:
    """An alias could make a small file grow without end."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent):
            raise bad(file, f"line {_line(event)}: aliases are not allowed")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise bad(file, f"line {_line(event)}: nested deeper than {DEEPEST}")


class Node:
    """A value with its place, so that what is wrong can be named."""

    def __init__(self, value: Any, file: str, where: str = "") -> None:
        self.value, self.file, self.where = value, file, where

    def bad(self, wanted: str) -> Failure:
        return bad(self.file, f"{self.where or 'it'} must be {wanted}")

    def child(self, key: str | int) -> Node:
        where = f"{self.where}[{key}]" if isinstance(key, int) else f"{self.where}.{key}".removeprefix(".")
        return Node(self.value[key], self.file, where)

    def fields(self) -> dict[str, Node]:
        """Those of an object; an absent value has none."""
        if self.value is None or (isinstance(self.value, str) and self.value in {"", "null", "~"}):
            return {}
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            raise self.bad("an object")
        return {key: self.child(key) for key in self.value}

    def items(self) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.bad("a list")
        return [self.child(number) for number in range(len(self.value))]

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value or "\0" in self.value:
            raise self.bad("a text that is not empty")
        return self.value

    def count(self) -> int:
        text = self.text()
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise self.bad("a whole number")
        return int(text)

    def md5(self) -> str:
        text = self.text()
        if not MD5.fullmatch(text):
            raise self.bad("an md5 in hex")
        return text
