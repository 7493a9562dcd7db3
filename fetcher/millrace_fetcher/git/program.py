"""Starts git: bounded in time and bytes, in an environment that holds nothing but what is named here."""

from __future__ import annotations

import os
import re
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from millrace_fetcher import report
from millrace_fetcher.failure import Failure, Reason

SECONDS = 600.0
LONGEST_ANSWER = 256 << 20
LARGEST_FILE = 16 << 30
_LONGEST_SENTENCE = 16 << 10
_CHUNK = 1 << 16

# What git says, and what it means; the first that fits counts. In English, since LC_ALL is C.
_MEANINGS = (
    (r"from redirection|returned error: 3\d\d", Reason.REDIRECT_REFUSED),
    (rf"File too large|died of signal {int(signal.SIGXFSZ)}", Reason.TOO_LARGE),
    (r"No space left", Reason.STORE_FULL),
    (r"could not read (Username|Password)|Authentication failed|returned error: 40[13]", Reason.UNAUTHORIZED),
    (r"Permission denied|Host key verification failed|invalid format|error in libcrypto", Reason.UNAUTHORIZED),
    (r"not our ref|remote ref|unadvertised object|bad object|no such remote ref", Reason.REVISION_NOT_FOUND),
    (r"not found|returned error: 4(0[04-7]|1[0-9])|does not appear to be a git repo|valid repo", Reason.NOT_FOUND),
)


@dataclass(frozen=True)
class Settings:
    """`config` and `environment` hold credentials: they are never put on a command line."""

    home: Path
    config: Mapping[str, str]
    environment: Mapping[str, str]
    descriptors: tuple[int, ...] = ()

    def all(self) -> dict[str, str]:
        config = {**_CONFIG, **self.config}
        numbered = {"GIT_CONFIG_COUNT": str(len(config))}
        for number, (key, value) in enumerate(config.items()):
            numbered[f"GIT_CONFIG_KEY_{number}"] = key
            numbered[f"GIT_CONFIG_VALUE_{number}"] = value
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C",
            "HOME": str(self.home),
            "GIT_CEILING_DIRECTORIES": str(self.home.parent),
            "XDG_CONFIG_HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "https:http:ssh",
            "GIT_OPTIONAL_LOCKS": "0",
            **numbered,
            **self.environment,
        }


_CONFIG = {
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
    "credential.helper": "",
    "core.hooksPath": os.devnull,
    "protocol.version": "2",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


class _Listener:
    """Feeds the program and keeps what it says, as long as both stay within their bounds."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes, seconds: float) -> None:
        self._process = process
        self._left = memoryview(given)
        self._end = time.monotonic() + seconds
        self.out, self.err = bytearray(), bytearray()

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for pipe, events in (
                (self._process.stdin, selectors.EVENT_WRITE),
                (self._process.stdout, selectors.EVENT_READ),
                (self._process.stderr, selectors.EVENT_READ),
            ):
                assert pipe is not None  # noqa: S101
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, events)
            while selector.get_map():
                self._turn(selector)
        self._process.wait(max(self._end - time.monotonic(), 0.01))

    def _turn(self, selector: selectors.BaseSelector) -> None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise subprocess.TimeoutExpired("git", 0)
        for key, _ in selector.select(left):
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            is_open = self._write(pipe) if pipe is self._process.stdin else self._read(pipe)
            if not is_open:
                selector.unregister(pipe)
                pipe.close()

    def _write(self, pipe: IO[bytes]) -> bool:
        try:
            self._left = self._left[os.write(pipe.fileno(), self._left[:_CHUNK]) :]
        except BrokenPipeError:
            return False
        return bool(self._left)

    def _read(self, pipe: IO[bytes]) -> bool:
        chunk = os.read(pipe.fileno(), _CHUNK)
        if pipe is self._process.stderr:
            self.err += chunk[: _LONGEST_SENTENCE - len(self.err)]
        else:
            self.out += chunk
            if len(self.out) > LONGEST_ANSWER:
                raise Failure(Reason.TOO_LARGE, f"git tells more than {LONGEST_ANSWER} bytes")
        return bool(chunk)


def run(settings: Settings, arguments: Sequence[str], given: bytes = b"", seconds: float | None = None) -> bytes:
    """What git writes to its standard output. Raises a Failure with git's own sentence."""
    process = start(settings, arguments)
    listener = _Listener(process, given, SECONDS if seconds is None else seconds)
    try:
        listener.run()
    except subprocess.TimeoutExpired as error:
        raise Failure(Reason.UNREACHABLE, f"git {arguments[0]} took too long and was ended") from error
    finally:
        end(process)
    if process.returncode != 0:
        raise failure_of(arguments[0], process.returncode, bytes(listener.err))
    return bytes(listener.out)


def start(settings: Settings, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """In a session of its own, so that its helpers end with it."""
    process = subprocess.Popen(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=settings.home,
        env=settings.all(),
        pass_fds=settings.descriptors,
        start_new_session=True,
    )
    with suppress(ProcessLookupError):  # it may have ended already
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()


def failure_of(verb: str, code: int, said: bytes) -> Failure:
    text = said.decode("utf-8", "replace")
    lines = [line for line in (report.clean(line).strip() for line in re.split(r"[\r\n]+", text)) if line]
    telling = [line for line in lines if re.match(r"(fatal|error|remote|ERROR)", line)] or lines
    sentence = report.cut("; ".join(dict.fromkeys(telling)), 250) or f"it ended with {code}"
    for pattern, reason in _MEANINGS:
        if re.search(pattern, text):
            return Failure(reason, f"git {verb}: {sentence}")
    if code == -signal.SIGXFSZ:
        return Failure(Reason.TOO_LARGE, f"git {verb}: more than {LARGEST_FILE} bytes")
    return Failure(Reason.UNREACHABLE, f"git {verb}: {sentence}")
