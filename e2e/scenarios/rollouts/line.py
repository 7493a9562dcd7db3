"""A line of light models with one service, driven version by version; every state of the service is kept."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from cluster.kubectl import Object, dig
from cluster.load import Load
from cluster.recorder import Recorder
from scenarios import light
from scenarios.conftest import Space
from scenarios.light import INTENT, JOB, NAME, SERVICE, VERSION
from testbed.extras import GATEWAY_PORT
from testbed.network import NODE_IP

PATH = f"/v2/models/{NAME}/infer"
# Errors show within seconds, and 50 requests a second are soon enough of them.
ERRORS: Object = {"preset": "ErrorRatio", "max": "0.05"}
LATENCY: Object = {"preset": "LatencyP95", "max": "200ms"}


def analysis(*metrics: Object, **more: Any) -> Object:
    return {"interval": "10s", "warmup": "3s", "metrics": list(metrics)} | more


class Line:
    def __init__(self, space: Space, provider: str = "GatewayAPI") -> None:
        self.space, self.cluster, self.namespace, self.provider = space, space.cluster, space.name, provider
        self.replicas = 1
        self.trained = 0
        self.words = 0
        self.open = ExitStack()
        light.need(self.cluster, provider)
        light.prepare(self.cluster, self.namespace)
        self.recorder = Recorder(self.cluster, SERVICE, self.namespace)
        self.open.callback(self.recorder.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.open.__exit__(kind, problem, trace)

    # -- what a person does

    def train(self, **parameters: str) -> str:
        """The next version's name; it is ready."""
        self.trained += 1
        self.cluster.apply(light.training_job(self.namespace, {"n": str(self.trained), **parameters}))
        light.wait_settled(self.cluster, self.namespace, JOB, NAME)
        return f"{NAME}-v{self.trained}"

    def serve(self, name: str = NAME, **rollout: Any) -> None:
        self.cluster.apply(self.document(name, **rollout))

    def document(self, name: str = NAME, **rollout: Any) -> Object:
        document = light.inference_service(self.namespace, name, self.provider, **rollout)
        return {**document, "spec": {**document["spec"], "replicas": self.replicas}}

    def begin(self, **rollout: Any) -> None:
        """The first version serves."""
        self.serve(**rollout)
        self.train()
        self.until("the first version serves", lambda s: dig(s, "status.result") == "Serving")

    def say(self, words: str, name: str = NAME, age: timedelta = timedelta()) -> str:
        """An intent by kubectl annotate; returns its id."""
        self.words += 1
        token = f"w{self.words}"
        light.say(self.cluster, self.namespace, words, token, name, age)
        return token

    def repeat(self, text: str, name: str = NAME) -> None:
        self.cluster.kubectl("-n", self.namespace, "annotate", "--overwrite", SERVICE, name, f"{INTENT}={text}")

    def outcome(self, token: str, name: str = NAME) -> Object:
        """What became of an intent, as its acknowledgement says."""
        state = self.until(f"intent {token} is acknowledged", lambda s: token in outcomes(s), name=name)
        return outcomes(state)[token]

    # -- what is seen

    def until(self, what: str, holds: Any, seconds: float = 180, after: Object | None = None, name: str = NAME) -> Object:
        return self.recorder.until(name, what, holds, seconds, after)

    def until_step(self, version: str, weight: int, seconds: float = 180, name: str = NAME) -> Object:
        """Its pods have the share, by what the route says."""
        return self.until(f"{version} at {weight} %", lambda s: at_step(s, version, weight), seconds, name=name)

    def until_result(self, version: str, result: str, seconds: float = 240, name: str = NAME) -> Object:
        return self.until(f"{version} is {result}", lambda s: settled(s) == (version, result), seconds, name=name)

    def until_rest(self, version: str, seconds: float = 180, name: str = NAME) -> Object:
        """Its verdict is there, and all pods that had to go are gone."""
        return self.until(f"{version} is judged and the rest gone", lambda s: settled(s)[0] == version and not dig(s, "status.retired", []), seconds, name=name)

    def service(self, name: str = NAME) -> Object:
        found = self.cluster.get(SERVICE, name, self.namespace)
        assert found
        return found

    def version(self, name: str) -> Object:
        found = self.cluster.get(VERSION, name, self.namespace)
        assert found
        return found

    # -- the load

    @property
    def host(self) -> str:
        return light.host(self.namespace)

    def load(self, rate: int = 50, through: str = "") -> Load:
        """Through the service's own provider unless `through` says another."""
        if (through or self.provider) == "GatewayAPI":
            return Load(self.cluster, self.namespace, f"http://{NODE_IP}:{GATEWAY_PORT}{PATH}", light.ASK, rate, host=self.host, name="load-gateway")
        entry = self.cluster.get("service", f"{NAME}-predict", self.namespace)
        return Load(self.cluster, self.namespace, f"http://{dig(entry, 'spec.clusterIP')}:8080{PATH}", light.ASK, rate, name="load-entry")


def outcomes(service: Object | None) -> dict[str, Object]:
    return {intent["id"]: intent for intent in dig(service, "status.intents", [])}


def at_step(service: Object, version: str, weight: int) -> bool:
    canary = dig(service, "status.canary", {})
    return (canary.get("version"), canary.get("weight")) == (version, weight) and bool(canary.get("stepStartedAt"))


def settled(service: Object) -> tuple[str, str]:
    return dig(service, "status.settled.version"), dig(service, "status.settled.result")


def phase(service: Object) -> str:
    return str(dig(service, "status.phase"))


class Shares:
    """The share of the load that a version got while a step lasted."""

    def __init__(self, line: Line, load: Load) -> None:
        self.line, self.load = line, load

    def at(self, version: str, weight: int) -> tuple[float, int]:
        """Per cent, and of how many; over the step from the moment it was told until what comes next is told."""
        began_state = self.line.until_step(version, weight)
        began = time.time()
        self.line.until(f"the end of {version} at {weight} %", lambda s: not at_step(s, version, weight), 240, began_state)
        window = self.load.window(began, time.time())
        return window.share(version.rpartition("-v")[2]), window.total()
