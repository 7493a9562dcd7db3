"""The operator killed at random moments of runs and rollouts: the same end as without, nothing doubled, no request lost."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster import Cluster, wait_for
from cluster.load import Load
from cluster.operator import crash, running
from scenarios import light
from scenarios.conftest import DEEP, Space
from scenarios.story import Story

KILLS = 20 if DEEP else 6
LEAST_ROUNDS = 4  # two promotions, a rollback, a promotion after it
LONGEST = 8.0  # seconds that an operator lives at most: as long as a run or a rollout takes


def kill_at_random_moments(cluster: Cluster, chance: random.Random) -> int:
    for _ in range(KILLS):
        wait_for("the operator to run", lambda: running(cluster))
        time.sleep(chance.uniform(0, LONGEST))  # the moment is what is drawn
        crash(cluster)
    return KILLS


def test_killed_at_random_moments(space: Space, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("MILLRACE_SEED", random.SystemRandom().randrange(1_000_000)))
    with capsys.disabled():
        print(f"\nkills: MILLRACE_SEED={seed}")
    with Story(space.cluster, space.name) as story:
        story.round()
        load = Load(space.cluster, space.name, story.url(), light.ASK, rate=5)
        with ThreadPoolExecutor(1) as pool:
            killer = pool.submit(kill_at_random_moments, space.cluster, random.Random(seed))
            while not killer.done() or story.rounds < LEAST_ROUNDS:
                story.round()
            kills = killer.result()
        story.check_end()
    last = load.stop()
    with capsys.disabled():
        print(
            f"kills: {kills} in {story.rounds} rounds; requests {last['sent']}, failed {last['failed']} {last['errors'] or ''}, by version {last['versions']}"
        )
    assert last["failed"] == 0, last["errors"]
    assert set(last["versions"]) == {str(n) for n in range(1, story.rounds + 1) if story.is_good(n)}
