from __future__ import annotations

import pytest

from cluster import Cluster


@pytest.fixture(autouse=True)
def _local(cluster: Cluster) -> None:
    if not cluster.local:
        pytest.skip("only where the testbed made the cluster are its network, its audit log and its processes at hand")
