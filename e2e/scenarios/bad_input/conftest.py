"""What all bad input is measured by: the operator's pod never restarts, and a healthy job beside it comes to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster import Cluster
from cluster.kubectl import dig
from cluster.operator import NAMESPACE, SELECTOR


@pytest.fixture(scope="package", autouse=True)
def steady_operator(cluster: Cluster) -> Iterator[None]:
    """No bad input ends the operator: the same pods as before, none of their containers restarted."""
    before = restarts(cluster)
    assert before, "no operator runs"
    yield
    assert restarts(cluster) == before


def restarts(cluster: Cluster) -> dict[str, int]:
    pods = cluster.list("pods", NAMESPACE, SELECTOR)
    return {pod["metadata"]["uid"]: sum(c["restartCount"] for c in dig(pod, "status.containerStatuses", [])) for pod in pods}
