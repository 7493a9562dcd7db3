"""What is under way, told at once: pytest keeps a test's own output until the test has failed, and a worker's own never shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from testbed.paths import E2E

_heard_by: list[tuple[int, str]] = []


def tell_through(descriptor: int, who: str) -> None:
    """From now on lines go there, each behind the name of the one who tells."""
    _heard_by[:] = [(descriptor, who)]


def tell(text: str) -> None:
    if not _heard_by:
        print(text, flush=True)
    for descriptor, who in _heard_by:
        # In one write, so that the lines of several processes stay whole.
        os.write(descriptor, "".join(f"{who}: {line}\n" for line in text.strip("\n").splitlines()).encode())


def run_testbed(*words: str, e2e: Path = E2E) -> None:
    """A command of the testbed, that of another checkout with `e2e`; what it says is told."""
    said: list[str] = []
    argv, env = [sys.executable, "-m", "testbed", *words], {**os.environ, "PYTHONPATH": str(e2e)}
    with subprocess.Popen(argv, cwd=e2e, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            tell(said[-1])
    if process.returncode != 0:
        raise RuntimeError("\n".join([f"testbed {' '.join(words)} ended with {process.returncode}:", *said[-15:]]))
