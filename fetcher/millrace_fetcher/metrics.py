"""metrics.json, as a user's step wrote it: checked before anything is published."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from millrace_fetcher import tree
from millrace_fetcher.failure import Failure, Reason

LARGEST = 64 * 1024
MOST = 256
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,39}")

Metrics = dict[str, int | float]


def _bad(why: str) -> Failure:
    return Failure(Reason.BAD_METRICS, f"metrics.json: {why}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for key, value in pairs:
        if key in seen:
            raise _bad(f"{_shown(key)} occurs twice")
        seen[key] = value
    return seen


def _number(key: str, value: object) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _bad(f"{key} is {_shown(value)}, wanted is a number")
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise _bad(f"{key} is {_shown(value)}, wanted is a finite number")
    return value


def parse(raw: bytes) -> Metrics:
    """Raises BadMetrics that names key and value."""
    if len(raw) > LARGEST:
        raise _bad(f"more than {LARGEST} bytes; allowed are {MOST} keys in {LARGEST} bytes")
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_members, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise _bad("it is not UTF-8") from error
    except RecursionError as error:
        raise _bad("it is nested too deep") from error
    except ValueError as error:
        raise _bad(f"it is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise _bad("it must be one object")
    if len(value) > MOST:
        raise _bad(f"{len(value)} keys, at most {MOST} are allowed")
    for key in value:
        if not _KEY.fullmatch(key):
            raise _bad(f"the key {_shown(key)} must match {_KEY.pattern}")
    return {key: _number(key, member) for key, member in value.items()}


def _constant(name: str) -> float:
    """NaN and the infinities, which Python's parser takes though JSON has none, are told with their key."""
    return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[name]


def read(path: Path) -> Metrics:
    """No file means no metrics."""
    try:
        raw = tree.read_file(path, LARGEST + 1)
    except Failure as failure:
        if failure.reason is Reason.NOT_FOUND:
            return {}
        raise _bad(failure.message) from failure
    return parse(raw)


def decimal(value: int | float) -> str:
    """The shortest decimal that reads back as the same double; without exponent where that stays short."""
    number = float(value)
    if number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    text = repr(number)
    if "e" in text and 1e-7 <= abs(number) < 1e21:
        return format(Decimal(text), "f")
    return text


def told(numbers: Metrics, names: Sequence[str]) -> dict[str, str]:
    """The decimals of those that are asked for."""
    return {name: decimal(numbers[name]) for name in names if name in numbers}
