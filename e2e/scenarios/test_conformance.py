"""The rows of the conformance table, and all that the operator writes, against the real API server."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from cluster import Cluster, operator
from cluster.kubectl import E2E
from scenarios.conftest import Space

GOLDEN = E2E.parent / "tests/golden"  # what the controllers make, as they send it


def test_conformance_rows(cluster: Cluster) -> None:
    program = os.environ.get("MILLRACE_CONFORMANCE", "")
    if not program or not os.path.exists(program):
        pytest.skip("MILLRACE_CONFORMANCE names no program: build first")
    done = cluster.run(program, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    ran = re.search(r"^(\d+) rows, 0 failed$", done.stdout, re.MULTILINE)
    assert ran and int(ran.group(1)) >= 150, done.stdout[-4000:]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/*.json")), ids=lambda path: path.stem.replace("_", "-"))
def test_every_field_that_is_written_is_known(space: Space, path: Path) -> None:
    made = json.loads(path.read_text())
    for document in [one["object"] for one in made] if isinstance(made, list) else [made]:
        if document["kind"] == "ControllerRevision" and "data" not in document:  # it is there already, only its annotations are written
            continue
        document["metadata"]["namespace"] = space.name
        space.cluster.kubectl("create", f"--as={operator.USER}", "--dry-run=server", "--validate=strict", "-f", "-", stdin=json.dumps(document))
