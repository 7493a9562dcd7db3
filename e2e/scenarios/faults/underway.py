"""A service that answers, a canary half way, and a run that trains: what a fault of the control plane must not disturb. It is looked
at by asking again and again, since watches end with the API server."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cluster import Timeout, wait_for
from cluster.kubectl import KubectlError, Object, dig
from cluster.load import Load
from faults.ends import End, end_of
from scenarios import light
from scenarios.conftest import Space
from scenarios.light import JOB, NAME, SERVICE

LONG = [{"weight": 50, "pause": "30m"}, {"weight": 100}]
TRAIN = f'sleep "${{MILLRACE_PARAM_SECONDS:-0}}"\n{light.TRAIN}'
PATH = f"/v2/models/{NAME}/infer"


class UnderWay:
    def __init__(self, space: Space, followers: int = 1, others: int = 0) -> None:
        """So many services follow the newest version, and others stay with the first."""
        self.space, self.cluster, self.namespace = space, space.cluster, space.name
        self.followers = [NAME, *(f"{NAME}-{n}" for n in range(2, followers + 1))]
        self.others = [f"other-{n}" for n in range(1, others + 1)]
        light.prepare(self.cluster, self.namespace)

    def begin(self, seconds: int) -> None:
        """Version 2 is half way everywhere, and run 3 trains for so many seconds."""
        self.train(1)
        light.wait_settled(self.cluster, self.namespace, JOB, NAME)
        pinned = {"version": {"policy": "Pinned", "name": f"{NAME}-v1"}}
        others = [light.inference_service(self.namespace, name) for name in self.others]
        self.cluster.apply(
            *(light.inference_service(self.namespace, name, steps=LONG) for name in self.followers), *({**o, "spec": o["spec"] | pinned} for o in others)
        )
        for name in [*self.followers, *self.others]:
            self.until(name, "Serving", lambda s: dig(s, "status.result") == "Serving", 300)
        self.train(2)
        for name in self.followers:
            self.until_step(name, f"{NAME}-v2")
        self.train(3, seconds=str(seconds))
        wait_for("run 3 to train", lambda: self.state_of_run() == (3, "Training") or None)

    def train(self, number: int, **parameters: str) -> None:
        job = light.training_job(self.namespace, {"n": str(number), **parameters})
        job["spec"]["train"]["command"][-1] = TRAIN
        self.cluster.apply(job)

    def state_of_run(self) -> tuple[int, str]:
        job = self.cluster.get(JOB, NAME, self.namespace)
        return dig(job, "status.run.number", 0), dig(job, "status.run.state")

    def let_go(self, number: int) -> None:
        """A person ends the pause of that version's step everywhere."""
        version = f"{NAME}-v{number}"
        for name in self.followers:
            self.until_step(name, version)
            light.say(self.cluster, self.namespace, f"promote {version} step=1", f"{name}-{version}", name)
        for name in self.followers:
            self.until(name, f"{version} has all requests", partial(is_stable, version))

    def finish(self) -> None:
        """Version 3 is everywhere."""
        self.let_go(3)
        for name in self.followers:
            self.until(name, "it is promoted and the rest gone", lambda s: dig(s, "status.result") == "Promoted" and not dig(s, "status.retired", []))

    def load(self, rate: int = 10) -> Load:
        addresses = [dig(self.cluster.get("service", f"{name}-predict", self.namespace), "spec.clusterIP") for name in [*self.followers, *self.others]]
        return Load(self.cluster, self.namespace, " ".join(f"http://{address}:8080{PATH}" for address in addresses), light.ASK, rate)

    def until(self, name: str, what: str, holds: Callable[[Object | None], object], seconds: float = 180) -> None:
        def so() -> bool:
            try:
                return bool(holds(self.cluster.get(SERVICE, name, self.namespace)))
            except KubectlError:
                return False  # nobody answers now

        try:
            wait_for(f"{name}: {what}", lambda: so() or None, seconds)
        except Timeout as problem:
            raise Timeout(f"{problem}; it is {dig(self.cluster.get(SERVICE, name, self.namespace), 'status')}") from None

    def until_step(self, name: str, version: str) -> None:
        self.until(name, f"{version} at its step", lambda s: dig(s, "status.canary.version") == version and dig(s, "status.canary.stepStartedAt"))

    def pods(self) -> dict[str, tuple[str, int]]:
        """Uid and restarts of each."""
        found = self.cluster.list("pods", self.namespace, "!millrace.dev/resolve")
        return {
            pod["metadata"]["name"]: (pod["metadata"]["uid"], sum(one["restartCount"] for one in dig(pod, "status.containerStatuses", [])))
            for pod in found
            if pod["metadata"]["name"] != "load"
        }

    def end(self) -> End:
        return end_of(self.cluster, self.namespace)


def is_stable(version: str, service: Object | None) -> bool:
    return bool(dig(service, "status.stable.version") == version and dig(service, "status.canary.version") != version)
