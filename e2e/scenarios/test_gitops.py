"""The same manifests applied every second during a rollout: nobody fights, and the rollout ends as usual."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cluster import wait_for
from cluster.kubectl import Object, dig
from cluster.progress import tell
from cluster.watch import Watch
from scenarios import light
from scenarios.conftest import DEEP, Space
from scenarios.light import JOB, NAME, SERVICE, VERSION

SECONDS = 120 if DEEP else 45
OTHER = "other"  # the service that is applied on the server's side
STATE = "{.metadata.generation} {.metadata.resourceVersion}"
# Writes of status that a service's rollout of two steps may need: two a step and two more (D38), and counts at most every 10 s.
MOST = 2 * 2 + 2 + SECONDS // 10
LOOP = """
end=$(($(date +%s) + {seconds}))
while [ "$(date +%s)" -lt "$end" ]; do
  kubectl apply -f {client} && kubectl apply --server-side -f {server} && sleep 0.3 || exit 1
done
"""


class Repository:
    """What a person keeps in git: the job and one service applied by the client, another service by the server."""

    def __init__(self, space: Space, folder: Path) -> None:
        self.space = space
        self.client, self.server = folder / "client.json", folder / "server.json"

    def commit(self, number: int) -> None:
        slow: dict[str, Any] = {"steps": [{"weight": 50, "pause": "15s"}, {"weight": 100}], "bake": "10s"}
        job, service = light.training_job(self.space.name, {"n": str(number)}), light.inference_service(self.space.name, **slow)
        self.client.write_text(json.dumps(job) + "\n" + json.dumps(service))
        self.server.write_text(json.dumps(light.inference_service(self.space.name, OTHER, **slow)))

    def apply(self) -> None:
        self.space.cluster.kubectl("apply", "-f", str(self.client))
        self.space.cluster.kubectl("apply", "--server-side", "-f", str(self.server))

    def objects(self) -> list[Object]:
        get = ("-n", self.space.name, "get", "-o", "json", "--show-managed-fields")
        return [json.loads(self.space.cluster.kubectl(*get, kind, name)) for kind, name in USERS]


USERS = [(JOB, NAME), (SERVICE, NAME), (SERVICE, OTHER)]


def owners(o: Object) -> dict[str, set[str]]:
    """Who owns something of spec, of metadata, of status."""
    out: dict[str, set[str]] = {"f:spec": set(), "f:metadata": set(), "f:status": set()}
    for entry in o["metadata"]["managedFields"]:
        for part in entry["fieldsV1"]:
            out[part].add(entry["manager"] + "/" + entry.get("subresource", ""))
    return out


def test_applied_every_second(space: Space, tmp_path: Path) -> None:
    light.prepare(space.cluster, space.name)
    repository = Repository(space, tmp_path)
    repository.commit(1)
    repository.apply()
    light.wait_settled(space.cluster, space.name, JOB, NAME)
    light.wait_settled(space.cluster, space.name, VERSION, "line-v1")
    repository.commit(2)
    repository.apply()
    generations = {kind + "/" + name: o["metadata"]["generation"] for (kind, name), o in zip(USERS, repository.objects(), strict=True)}
    with ExitStack() as open_:
        watches = {f"{kind}/{name}": open_.enter_context(Watch(space.cluster, space.name, f"{kind}/{name}", STATE)) for kind, name in USERS}
        for watch in watches.values():
            watch.first()
        loop = space.cluster.run("sh", "-c", LOOP.format(seconds=SECONDS, client=repository.client, server=repository.server))
        times = check_loop(loop.stdout)
        check_end(space)
    for name, watch in watches.items():
        states = [line.split() for line in watch.lines]
        assert {generation for generation, _ in states} == {str(generations[name])}
        writes = len({version for _, version in states}) - 1
        tell(f"{name}: applied {times} times, {writes} writes of status, none of anything else")
        assert writes <= MOST
    check_owners(repository)
    for how in (["-f", str(repository.client)], ["--server-side", "-f", str(repository.server)]):
        assert space.cluster.run("kubectl", "diff", *how).stdout == ""


def check_loop(out: str) -> int:
    """How often all was applied."""
    said = [line.split()[-1] for line in out.splitlines() if line.startswith(("trainingjob", "inferenceservice"))]
    times = said.count("serverside-applied")
    # The client compares what it applied last with what is there: it would say "configured" after anybody's change.
    assert times > 0 and said.count("unchanged") == 2 * times and len(said) == 3 * times
    return times


def check_end(space: Space) -> None:
    job = light.wait_settled(space.cluster, space.name, JOB, NAME)
    assert dig(job, "status.settled.run") == 2 and dig(job, "status.run.attempt") == 1
    version = light.wait_settled(space.cluster, space.name, VERSION, "line-v2")
    assert dig(version, "status.result") == "Promoted"
    for name in (NAME, OTHER):
        service = light.wait_settled(space.cluster, space.name, SERVICE, name)
        assert (dig(service, "status.result"), dig(service, "status.stable.version")) == ("Promoted", "line-v2")
    wait_for("the old pods to be gone", lambda: all(not dig(s, "status.retired", []) for s in space.cluster.list(SERVICE, space.name)))
    assert len(space.cluster.list("deployments", space.name)) == 2


def check_owners(repository: Repository) -> None:
    expected = {SERVICE + OTHER: {"kubectl/"}}
    for (kind, name), o in zip(USERS, repository.objects(), strict=True):
        users = expected.get(kind + name, {"kubectl-client-side-apply/"})
        found = owners(o)
        assert found["f:spec"] == users, name
        assert found["f:metadata"] <= users, name
        assert found["f:status"] == {"millrace/status"}, name
