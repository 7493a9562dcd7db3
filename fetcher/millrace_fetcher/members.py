"""Strict reading of a decoded JSON object: every member is taken once, what is left over is an error."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from millrace_fetcher.failure import Failure, Reason

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MISSING = object()


def malformed(where: str, wanted: str) -> Failure:
    return Failure(Reason.MALFORMED_TASK, f"task: {where} must be {wanted}")


class Members:
    """The members of one object, each taken once; what is left over at the end is an error."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise malformed(where, "an object")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def has(self, key: str) -> bool:
        return key in self._left

    def starts(self, key: str, prefix: str) -> bool:
        """Whether it is a text that begins so; it is not taken."""
        return str(self._left.get(key, "")).startswith(prefix)

    def at(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def take(self, key: str, default: object = _MISSING) -> Any:
        value = self._left.pop(key, default)
        if value is _MISSING:
            raise malformed(self.at(key), "present")
        return value

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value or "\0" in value:
            raise malformed(self.at(key), "a text that is not empty")
        if pattern is not None and not pattern.fullmatch(value):
            raise malformed(self.at(key), f"of the form {pattern.pattern}")
        return value

    def path(self, key: str, dots: bool = False) -> Path:
        text = self.text(key)
        if not text.startswith("/") or (".." in text.split("/") and not dots):
            raise malformed(self.at(key), "an absolute path without ..")
        return Path(text)

    def count(self, key: str, least: int) -> int:
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise malformed(self.at(key), f"a whole number of at least {least}")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """An object of texts."""
        members = Members(self.take(key), self.at(key))
        return {name: text_item(members.take(name), members.at(name)) for name in members.names()}

    def digests(self, key: str) -> dict[str, str]:
        """An object of digests."""
        members = Members(self.take(key), self.at(key))
        return {name: members.text(name, DIGEST) for name in members.names()}

    def numbers(self, key: str) -> dict[str, int | float]:
        """An object of finite numbers, which may be written as texts: a text keeps every digit."""
        members = Members(self.take(key), self.at(key))
        return {name: _number(members.take(name), members.at(name)) for name in members.names()}

    def names(self) -> tuple[str, ...]:
        """The members not yet taken."""
        return tuple(self._left)

    def items(self, key: str, one: Callable[[object, str], T]) -> tuple[T, ...]:
        value = self.take(key)
        if not isinstance(value, list):
            raise malformed(self.at(key), "a list")
        return tuple(one(item, f"{self.at(key)}[{number}]") for number, item in enumerate(value))

    def if_present(self, key: str, one: Callable[[str], T]) -> T | None:
        return one(key) if key in self._left else None

    def end(self) -> None:
        if self._left:
            raise malformed(self.at(min(self._left)), "absent, it is not known")


def text_item(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise malformed(where, "a text")
    return value


def _number(value: object, where: str) -> int | float:
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int | float) or isinstance(number, bool) or not math.isfinite(number):
        raise malformed(where, "a finite number")
    return number
