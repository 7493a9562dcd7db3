"""publish: docs/pods.md, section publish, also on a store that is full, taken or shared."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import perform, refused

from millrace_fetcher import identity, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.patience import Patience
from millrace_fetcher.publish import publish
from millrace_fetcher.store_folder import FolderStore
from millrace_fetcher.task import decode
from millrace_fetcher.task_results import PublishTask


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    (folder / "model" / "inner").mkdir(parents=True)
    (folder / "model" / "model.joblib").write_bytes(b"m" * 1000)
    (folder / "model" / "inner" / "labels").write_bytes(b"a b")
    (folder / "metrics.json").write_text('{"accuracy": 0.9310, "loss": 5, "extra/deep": 1e-9}')
    return folder


def members(output: Path, **more: Any) -> dict[str, Any]:
    task = {
        "model": str(output / "model"),
        "metrics": str(output / "metrics.json"),
        "store": str(output.parent / "store" / "models"),
        "name": "churn",
        "run": "uid-3",
        "attempt": 1,
        "report": ["accuracy", "loss", "absent"],
        "maxSize": 1 << 20,
        "timeout": 0,
        "format": "sklearn",
    }
    return {**task, **more}


def task_of(output: Path, **more: Any) -> PublishTask:
    task = decode("publish", json.dumps({"v": 1, **members(output, **more)}))
    assert isinstance(task, PublishTask)
    return task


def content_folder(output: Path) -> Path:
    return output.parent / "store" / "models" / "churn" / "sha256"


def test_publish_puts_the_model_at_its_digest(output: Path) -> None:
    content = tree.read(output / "model")
    code, message = perform("publish", **members(output))
    result = output.parent / "store/models/churn/runs/uid-3/a1/result.json"
    assert (code, message) == (
        0,
        {
            "v": 1,
            "digest": content.digest,
            "size": 1003,
            "metrics": {"accuracy": "0.931", "loss": "5"},
            "result": "sha256:" + hashlib.sha256(result.read_bytes()).hexdigest(),
        },
    )
    name = content.digest.removeprefix("sha256:")
    assert sorted(path.name for path in content_folder(output).iterdir()) == [name, f"{name}.manifest.json"]
    assert tree.read(content_folder(output) / name) == content
    assert identity.sha256_of((content_folder(output) / f"{name}.manifest.json").read_bytes()) == content.digest
    told = json.loads(result.read_bytes())
    assert told["metrics"] == {"accuracy": 0.931, "loss": 5, "extra/deep": 1e-9}
    assert (told["run"], told["attempt"], told["format"], len(told["files"])) == ("uid-3", 1, "sklearn", 2)


def test_publishing_again_changes_nothing(output: Path) -> None:
    first = perform("publish", **members(output))
    file = next(content_folder(output).glob("*/model.joblib"))
    before = file.stat()
    assert perform("publish", **members(output)) == first
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_other_bytes_at_the_digest_are_a_conflict(output: Path) -> None:
    perform("publish", **members(output))
    file = next(content_folder(output).glob("*/model.joblib"))
    file.write_bytes(b"evil")
    assert refused("publish", **members(output)) == (10, "StoreConflict")
    file.unlink()
    file.symlink_to("/etc/passwd")
    assert refused("publish", **members(output)) == (10, "StoreConflict")


def _no_folder(output: Path) -> None:
    (output / "model").rename(output / "elsewhere")


def _empty(output: Path) -> None:
    _no_folder(output)
    (output / "model" / "inner").mkdir(parents=True)


def _file(output: Path) -> None:
    _no_folder(output)
    (output / "model").write_text("x")


@pytest.mark.parametrize("spoil", [_no_folder, _empty, _file])
def test_no_model_is_told(output: Path, spoil: Callable[[Path], None]) -> None:
    spoil(output)
    assert refused("publish", **members(output)) == (10, "NoModel")
    assert not (output.parent / "store").exists()


def test_a_model_that_is_a_link_is_refused(output: Path) -> None:
    _no_folder(output)
    (output / "model").symlink_to("elsewhere")
    assert refused("publish", **members(output)) == (10, "BadTree")


def test_a_model_over_the_limit_is_refused(output: Path) -> None:
    assert refused("publish", **members(output, maxSize=1002)) == (10, "TooLarge")
    assert perform("publish", **members(output, maxSize=1003))[0] == 0


@pytest.mark.parametrize("bytes_then", [b"x" * 1000, b"x" * 2000])
def test_a_model_that_changes_while_it_is_published_is_refused(output: Path, bytes_then: bytes) -> None:
    """Not as DataChanged, which is about the sources: the run would look for other data, and not count it."""
    seen = tree.read(output / "model")
    (output / "model" / "model.joblib").write_bytes(bytes_then)
    with pytest.raises(Failure, match="changed while it was published") as caught:
        FolderStore(output.parent / "store", "uid-3", 1).put(output / "model", seen)
    assert (caught.value.reason, caught.value.exit_code) == (Reason.BAD_TREE, 10)
    assert list((output.parent / "store" / "sha256").iterdir()) == []


def test_bad_metrics_stop_before_anything_is_written(output: Path) -> None:
    (output / "metrics.json").write_text('{"accuracy": NaN}')
    code, message = perform("publish", **members(output))
    assert (code, message["error"]["reason"]) == (10, "BadMetrics")
    assert "accuracy is nan" in message["error"]["message"]
    assert not (output.parent / "store").exists()


def test_absent_metrics_are_none(output: Path) -> None:
    (output / "metrics.json").unlink()
    assert perform("publish", **members(output))[1]["metrics"] == {}


def test_a_report_that_does_not_fit_is_refused_before_the_work(output: Path) -> None:
    names = [f"metric_{number:02}_{'x' * 30}" for number in range(16)]
    (output / "metrics.json").write_text(json.dumps({name: 0.1 + 0.2 for name in names}))
    assert refused("publish", **members(output, report=names)) == (10, "BadMetrics")
    assert not (output.parent / "store").exists()


def test_publishers_of_the_same_digest_both_succeed(output: Path) -> None:
    barrier = threading.Barrier(4)

    def one(number: int) -> bytes:
        task = task_of(output, run=f"uid-{number}")
        barrier.wait()
        return publish(task)

    with ThreadPoolExecutor(4) as pool:
        digests = {json.loads(raw)["digest"] for raw in pool.map(one, range(4))}
    assert len(digests) == 1
    assert len(list(content_folder(output).iterdir())) == 2


def test_what_its_writer_takes_away_meanwhile_is_no_failure(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content_folder(output).mkdir(parents=True)
    (content_folder(output) / ".tmp-uid-9-a1-0123456789ab").mkdir()

    def gone(path: Path, _: str) -> Iterator[Path]:
        path.rmdir()
        return iter([])

    monkeypatch.setattr(Path, "rglob", gone)
    assert perform("publish", **members(output))[0] == 0


def test_leftovers_of_the_same_run_go_and_those_of_others_stay(output: Path) -> None:
    content_folder(output).mkdir(parents=True)
    for name in (".tmp-uid-3-a1-0123456789ab", ".tmp-uid-4-a1-0123456789ab", ".tmp-uid-3-a9-0123456789ab"):
        (content_folder(output) / name).mkdir()
    perform("publish", **members(output))
    hidden = sorted(path.name for path in content_folder(output).glob(".tmp*"))
    assert hidden == [".tmp-uid-3-a9-0123456789ab", ".tmp-uid-4-a1-0123456789ab"]


def aged(path: Path, hours: float) -> Path:
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    return path


def test_leftovers_of_others_go_when_nothing_in_them_was_written_for_a_day(output: Path) -> None:
    content_folder(output).mkdir(parents=True)
    manifest = f".{'0' * 64}.manifest.json.17.0123abcd"
    ages = {"old": (25, 25), "young": (23, 23), "lately": (25, 1)}
    for run, (folder_age, file_age) in ages.items():
        folder = content_folder(output) / f".tmp-{run}-a1-0123456789ab"
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "part").write_bytes(b"x")
        aged(folder / "inner" / "part", file_age)
        aged(folder / "inner", folder_age)
        aged(folder, folder_age)
    (content_folder(output) / manifest).write_text("")
    aged(content_folder(output) / manifest, 25)
    perform("publish", **members(output))
    hidden = sorted(path.name for path in content_folder(output).glob(".*"))
    assert hidden == [".tmp-lately-a1-0123456789ab", ".tmp-young-a1-0123456789ab"]


def test_what_is_no_leftover_stays_however_old(output: Path) -> None:
    content_folder(output).mkdir(parents=True)
    for name in ("notes", ".tmp-mine", f"{'0' * 64}", f"{'0' * 64}.manifest.json"):
        aged_file = content_folder(output) / name
        aged_file.write_text("")
        aged(aged_file, 1000)
    perform("publish", **members(output))
    assert {"notes", ".tmp-mine", "0" * 64} <= {path.name for path in content_folder(output).iterdir()}


def test_a_publisher_that_was_taken_for_dead_puts_nothing_half(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It slept for a day while it copied; another cleared its folder away, and its next files made a new one."""
    synced = tree.sync_folders

    def slept(sibling: Path) -> None:
        (sibling / "inner" / "labels").rename(output / "kept")
        os.rename(sibling, output / "cleared")
        (sibling / "inner").mkdir(parents=True)
        (output / "kept").rename(sibling / "inner" / "labels")
        synced(sibling)

    monkeypatch.setattr(tree, "sync_folders", slept)
    assert refused("publish", **members(output)) == (20, "Unreachable")
    assert list(content_folder(output).iterdir()) == []
    monkeypatch.setattr(tree, "sync_folders", synced)
    assert perform("publish", **members(output))[0] == 0


def test_an_attempt_records_one_result(output: Path) -> None:
    assert perform("publish", **members(output))[0] == 0
    (output / "metrics.json").write_text('{"accuracy": 0.5}')
    assert refused("publish", **members(output)) == (10, "StoreConflict")
    assert perform("publish", **members(output, attempt=2))[0] == 0


class Clock:
    """Time that passes only by pausing; each pause may change the world."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self._during = during

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        self._during()


@pytest.fixture
def small_store(output: Path) -> Iterator[Path]:
    """A real filesystem of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    store = output.parent / "store"
    store.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", store], check=False)
    if done.returncode != 0:
        pytest.skip("this machine does not allow a mount")
    yield store
    subprocess.run(["umount", store], check=True)


def test_a_full_store_is_told_after_the_timeout_and_left_clean(output: Path, small_store: Path) -> None:
    (output / "model" / "big").write_bytes(b"x" * 400_000)
    clock = Clock()
    with pytest.raises(Failure) as caught:
        publish(task_of(output), Patience(100, clock, clock.pause))
    assert (caught.value.reason, caught.value.exit_code) == (Reason.STORE_FULL, 20)
    assert caught.value.message.startswith("spec.output.store cannot take it: ")
    assert clock.now >= 100
    assert clock.pauses[:4] == [1, 2, 4, 8]
    assert max(clock.pauses) <= 30
    assert list((small_store / "models" / "churn" / "sha256").iterdir()) == []


def test_a_store_that_gets_room_again_is_used(output: Path, small_store: Path) -> None:
    (small_store / "other").write_bytes(b"x" * 200_000)
    (output / "model" / "big").write_bytes(b"x" * 100_000)
    clock = Clock((small_store / "other").unlink)
    assert json.loads(publish(task_of(output), Patience(100, clock, clock.pause)))["size"] == 101_003
    assert clock.pauses == [1]


def test_a_read_only_store_is_told_at_once(output: Path, small_store: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_store], check=True)
    clock = Clock()
    with pytest.raises(Failure) as caught:
        publish(task_of(output), Patience(100, clock, clock.pause))
    assert (caught.value.reason, caught.value.exit_code) == (Reason.STORE_UNWRITABLE, 20)
    assert clock.pauses == []


def test_a_store_that_is_a_file_is_unwritable(output: Path) -> None:
    (output.parent / "store").write_text("")
    assert refused("publish", **members(output)) in [(20, "StoreUnwritable"), (20, "Unreachable")]


def test_term_ends_it_and_removes_the_temporary_folder(output: Path) -> None:
    """As a real process: it waits for room that never comes, then is told to end."""
    script = (
        "import sys; from millrace_fetcher import cli, store, tree; from millrace_fetcher.failure import *\n"
        "def stuck(*a, **k): print('stuck', flush=True); import time; time.sleep(600)\n"
        "tree.sync_folders = stuck; sys.argv = ['x', 'publish']; cli.main()"
    )
    environment = {**os.environ, "MILLRACE_TASK": json.dumps({"v": 1, **members(output)})}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"stuck\n"
        assert len(list(content_folder(output).iterdir())) == 1
        process.terminate()
        assert process.wait(20) == 143
    assert list(content_folder(output).iterdir()) == []


def test_the_program_writes_its_message(output: Path, tmp_path: Path) -> None:
    log = tmp_path / "message"
    environment = {
        **os.environ,
        "MILLRACE_TASK": json.dumps({"v": 1, **members(output)}),
        "MILLRACE_TERMINATION_LOG": str(log),
    }
    line = [sys.executable, "-m", "millrace_fetcher.cli", "publish"]
    done = subprocess.run(line, env=environment, check=False, capture_output=True, umask=0o077)
    assert done.returncode == 0, done.stderr
    assert json.loads(log.read_bytes())["size"] == 1003
    assert next(content_folder(output).glob("*/model.joblib")).stat().st_mode & 0o777 == 0o644
    assert json.loads(log.read_text())["digest"] in done.stderr.decode()
    assert subprocess.run(line[:-1], env=environment, check=False, capture_output=True).returncode == 30
