"""One at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.locks import locked
from testbed.shell import TestbedError


def test_who_comes_second_says_for_what_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "folder" / ".lock"
    waited: list[tuple[str, bool]] = []

    def give_up(what: str, ready: Callable[[], bool], _: float) -> None:
        waited.append((what, ready()))
        raise TestbedError(what)

    monkeypatch.setattr("testbed.locks.wait_for", give_up)
    with locked(file, "builds helm"), pytest.raises(TestbedError), locked(file, "builds helm"):
        pass
    assert waited == [("another process that builds helm", False)]
    with locked(file, "builds helm"):
        pass
    assert len(waited) == 1, "it was given back"
