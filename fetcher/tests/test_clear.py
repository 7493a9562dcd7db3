"""clear: what earlier runs left on a workspace goes."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from conftest import perform

from millrace_fetcher import clear as clearing


def test_all_goes_but_the_folder_of_this_attempt(tmp_path: Path) -> None:
    for name in ("r1-a1", "r1-a2", "r2-a1"):
        (tmp_path / "uid" / name / "data").mkdir(parents=True)
        (tmp_path / "uid" / name / "data" / "train.csv").write_text("x")
    (tmp_path / "uid" / "note").write_text("x")
    (tmp_path / "other").mkdir()
    assert perform("clear", folder=str(tmp_path / "uid"), keep="r2-a1") == (0, {"v": 1, "cleared": 3, "left": 0})
    assert os.listdir(tmp_path / "uid") == ["r2-a1"]
    assert (tmp_path / "uid/r2-a1/data/train.csv").exists()
    assert (tmp_path / "other").exists()


def test_links_go_and_what_they_point_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    (tmp_path / "uid" / "r1-a1").mkdir(parents=True)
    (tmp_path / "uid" / "r1-a1" / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "uid" / "r1-a2").symlink_to(tmp_path / "precious")
    assert perform("clear", folder=str(tmp_path / "uid"), keep="r2-a1") == (0, {"v": 1, "cleared": 2, "left": 0})
    assert os.listdir(tmp_path / "uid") == []
    assert (tmp_path / "precious" / "file").exists()


def test_the_first_run_finds_nothing(tmp_path: Path) -> None:
    assert perform("clear", folder=str(tmp_path / "uid"), keep="r1-a1") == (0, {"v": 1, "cleared": 0, "left": 0})


def test_what_cannot_be_removed_is_left_and_told(tmp_path: Path) -> None:
    (tmp_path / "uid" / "r1-a1").mkdir(parents=True)
    folder = tmp_path / "file"
    folder.write_text("no folder")
    assert perform("clear", folder=str(folder), keep="r2-a1") == (0, {"v": 1, "cleared": 0, "left": 0})
    assert folder.exists()


def test_what_an_earlier_pod_of_the_attempt_prepared_goes(tmp_path: Path) -> None:
    mine = tmp_path / "uid" / "r1-a1"
    (mine / "prepared" / "part").mkdir(parents=True)
    (mine / "data").mkdir()
    assert perform("clear", folder=str(tmp_path / "uid"), keep="r1-a1") == (0, {"v": 1, "cleared": 0, "left": 0})
    assert os.listdir(mine / "prepared") == []
    assert (mine / "data").exists()


def test_an_earlier_pod_that_still_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "uid" / "r1-a1"
    (mine / "state").mkdir(parents=True)
    (mine / "prepared").mkdir()
    with (mine / "state" / "preprocess.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        def end(_: float) -> None:
            (mine / "prepared" / "late").write_text("x")
            fcntl.flock(lock, fcntl.LOCK_UN)

        monkeypatch.setattr(clearing.time, "sleep", end)
        perform("clear", folder=str(tmp_path / "uid"), keep="r1-a1")
    assert os.listdir(mine / "prepared") == []
