"""The binary under test, and a small frame around a step of a pod."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


@pytest.fixture(scope="session")
def binary() -> Path:
    """MILLRACE_STEP, or the build of the preset dev, or one made now."""
    named = os.environ.get("MILLRACE_STEP")
    path = Path(named) if named else ROOT / "build/dev/step/millrace-step"
    if not path.exists():
        folder = ROOT / "build/step"
        subprocess.run(["cmake", "-S", ROOT / "step", "-B", folder], check=True, capture_output=True)
        subprocess.run(["cmake", "--build", folder], check=True, capture_output=True)
        path = folder / "millrace-step"
    return path


def eventually(what: Callable[[], bool]) -> None:
    """Waits for an observable fact of another process."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "did not come to be"
        time.sleep(0.01)


def heed_signals() -> None:
    """Tests that run in the background inherit that some signals are ignored, and no shell can trap such a one."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


@dataclass
class Pod:
    """One state folder shared by the containers of one imagined pod."""

    binary: Path
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.message"

    def message(self, name: str) -> Any:
        raw = self.log(name).read_bytes()
        assert len(raw) <= 1500
        return json.loads(raw.decode("utf-8"))

    def start(self, name: str, *command: str | Path, **more: Any) -> subprocess.Popen[bytes]:
        """`millrace-step run`, or `follow` when `after` is given; `options` go before the dashes."""
        after = more.pop("after", None)
        options: list[str] = [str(one) for one in more.pop("options", [])]
        environment = {**os.environ, "MILLRACE_TERMINATION_LOG": str(self.log(name)), **more.pop("env", {})}
        verb = ["run"] if after is None else ["follow", "--after", after]
        line = [self.binary, *verb, "--name", name, "--state", self.state, *options, "--", *command]
        more.setdefault("preexec_fn", heed_signals)
        process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        self.running.append(process)
        return process

    def run(self, name: str, *command: str | Path, **more: Any) -> tuple[int, bytes, bytes]:
        process = self.start(name, *command, **more)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err

    def has_started(self, name: str) -> None:
        eventually((self.state / f"{name}.started").exists)


@pytest.fixture
def pod(binary: Path, tmp_path: Path) -> Iterator[Pod]:
    made = Pod(binary, tmp_path)
    yield made
    for process in made.running:
        if process.poll() is None:
            process.kill()
        process.communicate()
