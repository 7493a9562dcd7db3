"""The operator killed at random moments of runs and rollouts: the same end as without, nothing doubled, no request lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.load import Load
from cluster.progress import tell
from scenarios import kills, light
from scenarios.conftest import DEEP, Space
from scenarios.story import Story

KILLS = 20 if DEEP else 6
LEAST_ROUNDS = 4  # two promotions, a rollback, a promotion after it
LONGEST = 8.0  # seconds that an operator lives at most: as long as a run or a rollout takes


@pytest.mark.parametrize("provider", light.PROVIDERS if DEEP else ["Service"])
def test_killed_at_random_moments(space: Space, provider: str) -> None:
    moments = kills.chance("kills")
    with Story(space.cluster, space.name, provider) as story:
        story.round()
        url, host = story.url()
        load = Load(space.cluster, space.name, url, light.ASK, rate=5, host=host)
        with ThreadPoolExecutor(1) as pool:
            killer = pool.submit(kills.kill, space.cluster, moments, KILLS, LONGEST)
            while not killer.done() or story.rounds < LEAST_ROUNDS:
                story.round()
            made = killer.result()
        story.check_end()
    last = load.stop()
    tell(f"kills: {made} in {story.rounds} rounds; requests {last['sent']}, failed {last['failed']} {last['errors'] or ''}, by version {last['versions']}")
    assert last["failed"] == 0, last["errors"]
    assert set(last["versions"]) == {str(n) for n in range(1, story.rounds + 1) if story.is_good(n)}
