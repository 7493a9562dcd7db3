"""Progress passes what keeps a test's output."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import Timeout, progress, wait_for


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(progress, "_heard_by", [])
    file = tmp_path / "heard"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
    progress.tell_through(descriptor, "e2e-gw1")
    yield file
    os.close(descriptor)


def test_each_line_names_who_tells(heard: Path, capsys: pytest.CaptureFixture[str]) -> None:
    progress.tell("one\ntwo\n")
    assert heard.read_text() == "e2e-gw1: one\ne2e-gw1: two\n"
    assert capsys.readouterr().out == ""


def test_a_wait_is_told(heard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.waits.TOLD_EVERY", 0.0)
    with pytest.raises(Timeout, match="a train: not within 0 s"):
        wait_for("a train", lambda: None, 0.4)
    assert "e2e-gw1:     waiting for a train (0 s)\n" in heard.read_text()


def test_what_the_testbed_says_is_told_and_kept(heard: Path) -> None:
    with pytest.raises(RuntimeError, match="known are"):
        progress.run_testbed("build-images", "nonsense")
    assert "e2e-gw1: testbed: image 'nonsense': known are" in heard.read_text()
