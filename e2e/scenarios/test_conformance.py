"""The rows of the conformance table against the real API server."""

from __future__ import annotations

import os
import re

import pytest

from cluster import Cluster


def test_conformance_rows(cluster: Cluster) -> None:
    program = os.environ.get("MILLRACE_CONFORMANCE", "")
    if not program or not os.path.exists(program):
        pytest.skip("MILLRACE_CONFORMANCE names no program: build first")
    done = cluster.run(program, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    ran = re.search(r"^(\d+) rows, 0 failed$", done.stdout, re.MULTILINE)
    assert ran and int(ran.group(1)) >= 30, done.stdout[-4000:]
