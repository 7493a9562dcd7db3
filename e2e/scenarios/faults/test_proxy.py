"""A story behind a proxy that does every harm to what the operator asks: the same end as without, nothing made twice, no request lost."""

from __future__ import annotations

import pytest

from cluster import Cluster
from cluster.load import Load
from cluster.progress import tell
from faults.ends import End, end_of, wait_same
from faults.schedule import FAULTS, LONG_FAULTS, Schedule
from scenarios import kills, light
from scenarios.conftest import DEEP, Space
from scenarios.faults.behind import Asked, operator_behind, proxy_of
from scenarios.story import Story

ROUNDS = 4 if DEEP else 2  # a service, a promotion; a rollback, a promotion after it
PATIENCE = 600 if DEEP else 180  # seconds: a watch that freezes is waited for for 95
_ends: dict[str, End] = {}


def undisturbed(cluster: Cluster) -> End:
    """The end that the operator in the cluster comes to, which nobody disturbs; once for all."""
    if not _ends:
        space = Space(cluster, "t-undisturbed")
        with Story(cluster, space.name) as story:
            for _ in range(ROUNDS):
                story.round()
            story.check_end()
        _ends[""] = end_of(cluster, space.name)
        cluster.kubectl("delete", "namespace", space.name, "--wait=false")
    return _ends[""]


@pytest.mark.parametrize("turn", range(3 if DEEP else 1))
def test_every_harm_to_requests(space: Space, turn: int) -> None:
    wanted = undisturbed(space.cluster)
    schedule = Schedule(kills.seed(f"harm {turn}") + turn, LONG_FAULTS if DEEP else FAULTS)
    asked = Asked(space.cluster)
    with proxy_of(space.cluster, schedule) as proxy, operator_behind(space.cluster, proxy) as host:
        with Story(space.cluster, space.name, patience=PATIENCE) as story:
            story.round()
            url, name = story.url()
            load = Load(space.cluster, space.name, url, light.ASK, rate=5, host=name)
            for _ in range(1, ROUNDS):
                story.round()
            story.check_end()
        wait_same(space.cluster, space.name, wanted, PATIENCE)
        last = load.stop()
    told = ", ".join(f"{count} {what}" for what, count in sorted(schedule.told.items()))
    tell(f"{schedule.told.total()} faults: {told}; the lease was lost {host.ended.count(2)} times; {last['sent']} requests")
    assert last["failed"] == 0, last["errors"]
    assert set(host.ended) <= {0, 2}
    assert asked.made_twice(space.name) == []
