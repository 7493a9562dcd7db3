"""How scenarios are shared out among workers (pytest-xdist), each of which has a cluster of its own: they kill the operator, take metrics
sources away and read audit logs, so two never share one."""

from __future__ import annotations

import os

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

CLUSTER = os.environ.get("MILLRACE_CLUSTER", "e2e")
# What takes longest goes first, so that all workers end together; the rest follows as it stands.
FIRST = (
    "scenarios/data",
    "scenarios/faults/test_outages.py",
    "scenarios/faults/test_proxy.py",
    "scenarios/rollouts/test_sources.py",
    "scenarios/test_progress.py",
    "scenarios/rollouts/test_gateway.py",
    "scenarios/rollouts/test_intents.py",
    "scenarios/rollouts/test_writes.py",
    "scenarios/rollouts/test_disturbed.py",
    "scenarios/test_rest.py",
    "scenarios/test_kills.py",
    "scenarios/data/test_attempts.py",
    "scenarios/rollouts/test_bad_canaries.py",
    "scenarios/test_settled.py",
    "scenarios/test_gitops.py",
    "scenarios/test_wipe.py",
)
# Its files share what `world` of their conftest.py sets up; this one does without.
TOGETHER, ALONE = "scenarios/data", "scenarios/data/test_attempts.py"


def cluster_name() -> str:
    """e2e, or that of a worker: e2e-gw1."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return f"{CLUSTER}-{worker}" if worker else CLUSTER


def unit_of(test: str) -> str:
    """What one worker does in one piece: a file, or a folder whose files share a setup."""
    file = test.split("::")[0]
    return TOGETHER if file.startswith(f"{TOGETHER}/") and file != ALONE else file


def longest_first(items: list[pytest.Item]) -> None:
    rank = {unit: n for n, unit in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(unit_of(item.nodeid), len(FIRST)))


class Units(LoadScopeScheduling):  # type: ignore[misc]
    """Each worker takes the next unit when it is about to be done with one."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # not by the number of tests: the order is that of `longest_first`

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
