"""A real MLflow server, its own client to read back with, and a proxy that cuts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

HOME = Path(os.environ.get("MILLRACE_HOME", Path.home() / ".cache" / "millrace"))
BIN = HOME / "mlflow" / "bin"


@dataclass
class Mlflow:
    """`call` asks through MLflow's own client."""

    url: str
    reader: subprocess.Popen[str]

    def call(self, name: str, *arguments: object) -> Any:
        assert self.reader.stdin is not None
        assert self.reader.stdout is not None
        self.reader.stdin.write(json.dumps([name, *arguments]) + "\n")
        self.reader.stdin.flush()
        line = self.reader.stdout.readline()
        assert line, f"MLflow's client failed at {name}"
        return json.loads(line)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _server(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """With a SQLite store of its own, in memory: nothing here has to outlive the power."""
    database = Path("/dev/shm") / f"millrace-mlflow-{port}.db"
    line = [str(BIN / "mlflow"), "server", "--backend-store-uri", f"sqlite:///{database}", "--workers", "1"]
    line += ["--host", "127.0.0.1", "--port", str(port), "--artifacts-destination", str(folder / "artifacts")]
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(line, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def _client(url: str) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("mlflow_reader.py")
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    line = [str(BIN / "python"), str(script), url]
    return subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _await(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    retries = urllib3.Retry(total=600, backoff_factor=0.1, backoff_max=0.2)
    try:
        urllib3.PoolManager(retries=retries).request("GET", f"{url}/health", timeout=60)
    except urllib3.exceptions.HTTPError:
        pytest.fail(f"MLflow does not answer ({server.poll()}): {log.read_text()[-2000:]}")


@contextmanager
def serving(folder: Path) -> Iterator[Mlflow]:
    if not (BIN / "mlflow").exists():
        pytest.fail(f"{BIN} has no MLflow; `make setup` installs it")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Both take seconds to start, so they do it side by side.
    server, client = _server(folder, port), _client(url)
    try:
        _await(url, server, folder / "log")
        assert client.stdout is not None
        assert client.stdout.readline() == '"ready"\n'
        yield Mlflow(url, client)
    finally:
        client.kill()
        client.communicate()
        os.killpg(server.pid, 9)
        server.wait()
        for left in Path("/dev/shm").glob(f"millrace-mlflow-{port}.db*"):
            left.unlink()
