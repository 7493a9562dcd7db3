"""metrics.json: what is taken, what is refused and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace_fetcher import metrics
from millrace_fetcher.failure import Failure, Reason


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"a": "0.9"}', "a is '0.9'"),
        (b'{"a": NaN}', "a is nan"),
        (b'{"a": -Infinity}', "a is -inf"),
        (b'{"a": 1e999}', "a is inf"),
        (b'{"a": 1' + b"0" * 400 + b"}", "a is 1000"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "no JSON"),
        (b'{"a": true}', "a is True"),
        (b'{"a": null}', "a is None"),
        (b'{"a": {"b": 1}}', "a is {'b': 1}"),
        (b'{"a": 1, "a": 2}', "'a' occurs twice"),
        (b'{"1a": 1}', "'1a'"),
        (b'{"' + b"k" * 41 + b'": 1}', "kkk"),
        (b'{"": 1}', "the key ''"),
        (b"[1]", "one object"),
        (b"{", "no JSON"),
        (b"\xff", "UTF-8"),
        (b"[" * 60000, "nested"),
        (b" " * 65537, "more than 65536"),
    ],
)
def test_bad_metrics_are_named(raw: bytes, told: str) -> None:
    with pytest.raises(Failure) as caught:
        metrics.parse(raw)
    assert caught.value.reason is Reason.BAD_METRICS
    assert told in caught.value.message
    assert len(caught.value.message) < 250


def test_bounds_are_exact() -> None:
    most = {f"k{number}": number for number in range(256)}
    assert metrics.parse(json.dumps(most).encode()) == most
    with pytest.raises(Failure, match="257 keys"):
        metrics.parse(json.dumps({**most, "one": 1}).encode())
    with pytest.raises(Failure, match="more than 65536 bytes"):
        metrics.parse(json.dumps({f"k{number}": 0 for number in range(10000)}).encode())
    key = "_" + "a/b.c-D0" * 4 + "1234567"
    assert len(key) == 40
    assert metrics.parse(json.dumps({key: 1}).encode()) == {key: 1}
    assert metrics.parse(b"{}" + b" " * 65534) == {}


def test_no_file_is_no_metrics_and_odd_files_are_refused(tmp_path: Path) -> None:
    assert metrics.read(tmp_path / "metrics.json") == {}
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder"):
        with pytest.raises(Failure) as caught:
            metrics.read(tmp_path / name)
        assert caught.value.reason is Reason.BAD_METRICS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9310, "0.931"),
        (5, "5"),
        (5.0, "5"),
        (-0.0, "0"),
        (1e-5, "0.00001"),
        (1e20, "100000000000000000000"),
        (1.5e300, "1.5e+300"),
        (2**60, "1152921504606847000"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_decimals(value: float, text: str) -> None:
    assert metrics.decimal(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimals_read_back_the_same(value: float) -> None:
    text = metrics.decimal(value)
    assert float(text) == value
    assert len(text) <= 30
    assert float(metrics.parse(f'{{"m": {text}}}'.encode())["m"]) == value
