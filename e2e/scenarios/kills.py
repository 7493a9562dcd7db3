"""The operator killed at moments that are drawn: MILLRACE_SEED repeats them."""

from __future__ import annotations

import os
import random
import time

from cluster import Cluster, wait_for
from cluster.operator import crash, running
from cluster.progress import tell

Moments = random.Random


def seed(what: str) -> int:
    """Told, so that a failure can be had again."""
    drawn = int(os.environ.get("MILLRACE_SEED", random.SystemRandom().randrange(1_000_000)))
    tell(f"{what}: MILLRACE_SEED={drawn}")
    return drawn


def chance(what: str) -> Moments:
    return Moments(seed(what))


def kill(cluster: Cluster, moments: Moments, times: int, longest: float) -> int:
    """Each operator lives for at most `longest` seconds."""
    for _ in range(times):
        wait_for("the operator to run", lambda: running(cluster))
        time.sleep(moments.uniform(0, longest))  # the moment is what is drawn
        crash(cluster)
    return times
