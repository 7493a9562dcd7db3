"""A real S3 server over a folder, and a client of its own to look with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from mlflow_server import free_port

from millrace_fetcher import s3

ACCESS, SECRET = "millrace", "an-S3-key-of-tests"


@dataclass
class S3:
    url: str
    folder: Path
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = s3.client_of(Path(self.secret("own")))

    def secret(self, name: str, **keys: str) -> str:
        """A Secret's folder."""
        folder = self.folder / "secrets" / name
        folder.mkdir(parents=True, exist_ok=True)
        own = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": self.url}
        for key, value in {**own, **keys}.items():
            (folder / key).write_text(value)
        return str(folder)

    def bucket(self, name: str, versioned: bool = False) -> str:
        self.client.create_bucket(Bucket=name)
        if versioned:
            self.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def objects(self, bucket: str) -> dict[str, bytes]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: self.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=data)

    def pending(self, bucket: str) -> list[str]:
        """Uploads in parts that nobody ended."""
        return [item["Key"] for item in self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def _program() -> Path:
    """The testbed's, built when it is not there yet."""
    e2e = Path(__file__).parents[2] / "e2e"
    script = "from testbed.tools import ensure_tool; print(ensure_tool('versitygw'))"
    line = [sys.executable, "-c", script]
    built = subprocess.run(line, cwd=e2e, check=False, capture_output=True, text=True)
    if built.returncode != 0:
        pytest.fail(f"versitygw cannot be built: {built.stderr[-2000:]}")
    return Path(built.stdout.splitlines()[-1]) / "versitygw"


@contextmanager
def serving(folder: Path) -> Iterator[S3]:
    for name in ("objects", "versions"):
        (folder / name).mkdir()
    port = free_port()
    line = [str(_program()), "--port", f"127.0.0.1:{port}", "--access", ACCESS, "--secret", SECRET]
    line += ["--health", "/healthy", "posix", "--versioning-dir", str(folder / "versions"), str(folder / "objects")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(line, env={**os.environ}, stdout=log, stderr=log)
    try:
        retries = urllib3.Retry(total=300, backoff_factor=0.02, backoff_max=0.1)
        urllib3.PoolManager(retries=retries).request("GET", f"http://127.0.0.1:{port}/healthy", timeout=60)
        yield S3(f"http://127.0.0.1:{port}", folder)
    finally:
        server.kill()
        server.wait()
