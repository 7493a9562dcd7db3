"""Running programs and waiting for conditions, both told on stderr so that nothing is ever silently slow."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class TestbedError(Exception):
    """Something that the user can read and act on; ends the program with exit code 1."""

    __test__ = False  # not a test class, whatever pytest thinks of its name


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tells what is being done, and how many seconds it took."""
    say(f"  {what} …")
    start = time.monotonic()
    yield
    say(f"  {what}: {time.monotonic() - start:.1f} s")


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Runs a program and returns its stdout; a failure becomes an error that holds the end of its output."""
    words = [str(word) for word in argv]
    done = subprocess.run(words, env=env, cwd=cwd, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise TestbedError(f"{' '.join(words[:6])} … ended with {done.returncode}:\n{tail}")
    return done.stdout


def works(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> bool:
    """True when the program ends with 0; its output is dropped."""
    quiet = subprocess.DEVNULL
    return subprocess.run([str(word) for word in argv], env=env, stdin=quiet, stdout=quiet, stderr=quiet, check=False).returncode == 0


def run_logged(argv: Sequence[str | Path], log: Path, *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
    """Runs a long program with its output in a log file; a failure shows the log's end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in argv]
    with log.open("wb") as out:
        code = subprocess.run(words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False).returncode
    if code != 0:
        raise TestbedError(f"{' '.join(words[:4])} … ended with {code}; the end of {log}:\n{tail_of(log)}")


def tail_of(log: Path, lines: int = 15) -> str:
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def wait_for(what: str, ready: Callable[[], bool], seconds: float, *, why_not: Callable[[], str] | None = None) -> None:
    """Polls until `ready`; says what it waits for at the start, every five seconds, and at the end."""
    start = time.monotonic()
    told = start
    while not ready():
        now = time.monotonic()
        if now - start > seconds:
            raise TestbedError(f"waited {seconds:.0f} s for {what}" + (f":\n{why_not()}" if why_not else ""))
        if now - told >= 5 or told == start:
            say(f"  waiting for {what} ({now - start:.0f} s)" + (f": {why_not()}" if why_not and told != start else ""))
            told = now
        time.sleep(0.2)
    say(f"  {what}: yes, after {time.monotonic() - start:.1f} s")
