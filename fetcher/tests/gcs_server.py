"""A server that speaks Google Cloud Storage's interface, and a client of its own to fill it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import urllib3
from mlflow_server import free_port


@dataclass
class Gcs:
    url: str

    def bucket(self, name: str, versioned: bool = False) -> str:
        self._ask("POST", "/storage/v1/b", {"name": name, "versioning": {"enabled": versioned}})
        return name

    def put(self, bucket: str, name: str, data: bytes) -> str:
        """The object's generation."""
        query = urlencode({"uploadType": "media", "name": name})
        told = self._ask("POST", f"/upload/storage/v1/b/{bucket}/o?{query}", data)
        return str(told["generation"])

    def compose(self, bucket: str, name: str, parts: list[str]) -> None:
        told = {"sourceObjects": [{"name": part} for part in parts], "destination": {"contentType": "text/csv"}}
        self._ask("POST", f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}/compose", told)

    def delete(self, bucket: str, name: str) -> None:
        self._ask("DELETE", f"/storage/v1/b/{bucket}/o/{quote(name, safe='')}")

    def _ask(self, verb: str, path: str, body: object = None) -> dict[str, object]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = urllib3.request(verb, self.url + path, body=raw, headers={"Content-Type": "application/json"})
        assert answer.status < 300, answer.data
        found: dict[str, object] = json.loads(answer.data) if answer.data else {}
        return found


def _program() -> Path:
    """The testbed's, built when it is not there yet."""
    e2e = Path(__file__).parents[2] / "e2e"
    script = "from testbed.tools import ensure_tool; print(ensure_tool('fake-gcs-server'))"
    built = subprocess.run([sys.executable, "-c", script], cwd=e2e, check=False, capture_output=True, text=True)
    if built.returncode != 0:
        pytest.fail(f"fake-gcs-server cannot be built: {built.stderr[-2000:]}")
    return Path(built.stdout.splitlines()[-1]) / "fake-gcs-server"


@contextmanager
def serving(folder: Path) -> Iterator[Gcs]:
    port = free_port()
    address = f"127.0.0.1:{port}"
    line = [str(_program()), "-scheme=http", "-host=127.0.0.1", f"-port={port}", "-backend=memory"]
    line += [f"-public-host={address}", f"-external-url=http://{address}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(line, stdout=log, stderr=log)
    try:
        retries = urllib3.Retry(total=300, backoff_factor=0.02, backoff_max=0.1)
        urllib3.PoolManager(retries=retries).request("GET", f"http://{address}/_internal/healthcheck", timeout=60)
        yield Gcs(f"http://{address}")
    finally:
        server.kill()
        server.wait()
