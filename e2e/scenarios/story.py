"""One line of models driven round by round (a run, its version, its rollout), every object of it watched, and the end it must come to."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from cluster import wait_for
from cluster.kubectl import Cluster, Object, condition, dig, names
from cluster.watch import Watch
from scenarios import light
from scenarios.light import JOB, NAME, SERVICE, VERSION
from testbed.extras import GATEWAY_PORT
from testbed.network import NODE_IP

LABEL = "{{.metadata.labels.{}}}"
RUN, ATTEMPT, RESOLVE = (LABEL.format(f"millrace\\.dev/{name}") for name in ("run", "attempt", "resolve"))
MADE = "{.metadata.name} {.metadata.uid} "
# What the operator makes, and what is told of each.
KINDS = {
    "jobs.batch": MADE + f"run={RUN} attempt={ATTEMPT} resolve={RESOLVE}",
    VERSION: MADE + "{.spec.version}",
    "controllerrevisions.apps": MADE + "{.revision}",
    "deployments.apps": MADE,
    "services": MADE,
}


class Story:
    """Every third round's model cannot be loaded by a server, so its rollout is turned back."""

    def __init__(self, cluster: Cluster, namespace: str, provider: str = "Service", patience: int = 180) -> None:
        """`patience`: seconds that each thing may take to settle."""
        self.patience = patience
        self.cluster, self.namespace, self.provider = cluster, namespace, provider
        light.need(cluster, provider)
        light.prepare(cluster, namespace)
        self.rounds = 0
        self.open = ExitStack()
        self.watches = {kind: self.open.enter_context(Watch(cluster, namespace, kind, fields)) for kind, fields in KINDS.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.open.__exit__(kind, problem, trace)

    def round(self) -> None:
        self.rounds += 1
        parameters = {"n": str(self.rounds), "loads": "yes" if self.is_good(self.rounds) else "no"}
        self.cluster.apply(light.training_job(self.namespace, parameters), light.inference_service(self.namespace, NAME, self.provider))
        job = light.wait_settled(self.cluster, self.namespace, JOB, NAME, self.patience)
        assert dig(job, "status.settled.version") == self.version(self.rounds)
        light.wait_settled(self.cluster, self.namespace, VERSION, self.version(self.rounds), self.patience)

    @staticmethod
    def is_good(number: int) -> bool:
        return number % 3 != 0

    @staticmethod
    def version(number: int) -> str:
        return f"{NAME}-v{number}"

    def url(self) -> tuple[str, str]:
        """What clients ask, and by which host name."""
        if self.provider == "GatewayAPI":
            return f"http://{NODE_IP}:{GATEWAY_PORT}/v2/models/{NAME}/infer", light.host(self.namespace)
        entry = self.cluster.get("service", f"{NAME}-predict", self.namespace)
        return f"http://{dig(entry, 'spec.clusterIP')}:8080/v2/models/{NAME}/infer", ""

    def service(self) -> Object:
        found = self.cluster.get(SERVICE, NAME, self.namespace)
        assert found
        return found

    # -- the end

    def check_end(self) -> None:
        """What is left is what each round should leave, and nothing was made twice on the way."""
        self.wait_at_rest()
        self.check_job()
        self.check_service()
        self.check_versions()
        self.check_made()

    def wait_at_rest(self) -> None:
        light.wait_settled(self.cluster, self.namespace, SERVICE, NAME, self.patience)
        # Who left is drained first; settled says that the outcome is certain, not that the last pod is gone.
        wait_for("the revisions that left to be gone", lambda: not dig(self.service(), "status.retired", []), self.patience)

    def check_job(self) -> None:
        job = self.cluster.get(JOB, NAME, self.namespace)
        told = {
            path: dig(job, f"status.{path}", None) for path in ("phase", "result", "run.number", "run.attempt", "attempts", "highestVersion", "modelVersion")
        }
        assert told == {
            "phase": "Succeeded",
            "result": "VersionReady",
            "run.number": self.rounds,
            "run.attempt": 1,
            "attempts": None,
            "highestVersion": self.rounds,
            "modelVersion": self.version(self.rounds),
        }

    def check_service(self) -> None:
        service = self.service()
        good = [n for n in range(1, self.rounds + 1) if self.is_good(n)]
        assert dig(service, "status.stable.version") == self.version(good[-1])
        assert dig(service, "status.canary", None) is None
        last = "Promoted" if self.rounds > 1 else "Serving"
        assert dig(service, "status.result") == (last if self.is_good(self.rounds) else "RolledBack")
        assert condition(service, "Available")["status"] == "True"
        refused = [r["version"] for r in dig(service, "status.refused", [])]
        assert refused == [self.version(n) for n in range(1, self.rounds + 1) if not self.is_good(n)]

    def check_versions(self) -> None:
        found = {v["metadata"]["name"]: dig(v, "status.result") for v in self.cluster.list(VERSION, self.namespace)}
        assert found == {self.version(n): "Promoted" if self.is_good(n) else "RolledBack" for n in range(1, self.rounds + 1)}

    def check_made(self) -> None:
        """Over the whole story: every name had one object, and there are as many as rounds."""
        numbers = [str(n) for n in range(1, self.rounds + 1)]
        told = {kind: made(watch) for kind, watch in self.watches.items()}
        jobs = sorted(told["jobs.batch"].values())
        assert jobs == sorted([f"run={n} attempt=1 resolve=" for n in numbers] + [f"run= attempt= resolve={n}" for n in numbers])
        assert sorted(told[VERSION].values()) == sorted(numbers)
        assert sorted(told["controllerrevisions.apps"].values()) == sorted(numbers)
        assert len(told["deployments.apps"]) == self.rounds
        assert f"{NAME}-predict" in told["services"]
        assert len(told["services"]) == (1 if self.provider == "Service" else 1 + self.rounds), "a route leads to a Service of each revision"
        assert len(names(self.cluster.list("deployments.apps", self.namespace))) == 1


def made(watch: Watch) -> dict[str, str]:
    """Name to what was told last; fails when a name ever stood for two objects. But a resolver goes by its time to live, a minute after its
    end, and is made anew by who could not look in that minute."""
    uids: dict[str, str] = {}
    told: dict[str, str] = {}
    for line in watch.close():
        name, uid, rest = line.split(" ", 2)
        assert uids.setdefault(name, uid) == uid or is_resolver(rest), f"{watch.what}: {name} was made twice"
        told[name] = rest
    return told


def is_resolver(told: str) -> bool:
    return "resolve=" in told and not told.endswith("resolve=")
