"""What a rollout does when nothing, too little or nonsense is measured, or nobody answers: it waits and tells why, and others go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cluster import Cluster, wait_for
from cluster.kubectl import Object, dig, names
from cluster.load import Load
from cluster.operator import METRICS_SOURCES, PROMETHEUS
from cluster.progress import tell
from scenarios import light
from scenarios.conftest import DEEP, Space
from scenarios.light import NAME, SERVICE
from scenarios.rollouts.line import ERRORS, PATH, Line, analysis
from testbed.extras import GATEWAY_PORT
from testbed.network import NODE_IP

STEPS = [{"weight": 50, "pause": "10s"}, {"weight": 100}]
MANY = 50 if DEEP else 5  # services that ask the slow source
PROGRAM = Path(__file__).with_name("odd_source.py")


@contextmanager
def odd_source(cluster: Cluster, how: str) -> Iterator[None]:
    """The administrator's source of that name; nobody answers there outside."""
    port = METRICS_SOURCES[how].rpartition(":")[2]
    process = cluster.start("python3", "-P", str(PROGRAM), NODE_IP, port, how, PROMETHEUS)
    try:
        wait_for(f"the {how} source", lambda: cluster.run("bash", "-c", f"exec 3<>/dev/tcp/{NODE_IP}/{port}", check=False).returncode == 0 or None)
        yield
    finally:
        process.terminate()
        process.wait()


def gateway_load(line: Line, name: str, rate: int) -> Load:
    url = f"http://{NODE_IP}:{GATEWAY_PORT}{PATH}"
    return Load(line.cluster, line.namespace, url, light.ASK, rate, host=light.host(line.namespace, name), name=f"load-{name}")


def first(state: Object) -> Object:
    """Of the only metric."""
    found: list[Object] = dig(state, "status.analysis", [])
    return found[0] if found else {}


def test_each_waits_and_says_why(space: Space) -> None:
    wanted: dict[str, Any] = {
        "fine": analysis(ERRORS),
        "none": analysis(ERRORS, inconclusive={"timeout": "1m", "then": "Pause"}),
        "few": analysis(ERRORS),
        "nan": analysis(ERRORS, source="nan"),
        "down": analysis(ERRORS, source="down"),
    }
    with Line(space) as line, odd_source(line.cluster, "nan"):
        for name, how in wanted.items():
            line.serve(name, steps=STEPS, bake="2s", analysis=how)
        line.train()
        for name in wanted:
            line.until("the first version serves", lambda s: dig(s, "status.result") == "Serving", name=name)
        loads = [gateway_load(line, name, 1 if name == "few" else 25) for name in ("fine", "few", "nan", "down")]
        version = line.train()
        line.until_result(version, "Promoted", name="fine")
        shown = {
            "none": line.until("no traffic: a person is asked", lambda s: dig(s, "status.canary.hold.reason") == "Inconclusive", name="none"),
            "few": line.until("few requests are told", lambda s: first(s).get("verdict") == "Inconclusive", name="few"),
            "nan": line.until("no number is told", lambda s: first(s).get("verdict") in ("Inconclusive", "SourceDown"), name="nan"),
            "down": line.until("the source that is down is told", lambda s: first(s).get("verdict") == "SourceDown", name="down"),
        }
        tell("\n".join(f"{name:5} {first(s).get('verdict')}: {first(s).get('why')}; waits for {waits(s)}" for name, s in shown.items()))
        for name in shown:
            service = line.service(name)
            assert dig(service, "status.stable.version") == f"{NAME}-v1", name
            assert dig(service, "status.canary.version") == version, name
            assert dig(service, "status.refused", []) == [], name
        for load in loads:
            assert set(load.stop()["codes"]) == {"200"}


def waits(state: Object) -> str:
    return str(dig(state, "status.decision.waitingFor"))


def small(service: Object) -> Object:
    """Many of these, twice while they roll out, fit on a node of two CPUs."""
    container = service["spec"]["container"] | {"resources": {"requests": {"cpu": "5m", "memory": "32Mi"}}}
    return service | {"spec": service["spec"] | {"container": container}}


def test_a_slow_source_holds_up_nobody_else(space: Space) -> None:
    """Many services ask it at once; a service of another source goes on as fast as ever."""
    with Line(space) as line, odd_source(line.cluster, "slow"):
        slow = [f"slow{n}" for n in range(MANY)]
        line.cluster.apply(*(small(line.document(name, steps=STEPS, analysis=analysis(ERRORS, source="slow"))) for name in slow))
        line.serve("fine", steps=STEPS, bake="2s", analysis=analysis(ERRORS))
        line.train()
        line.until("the first version serves", lambda s: dig(s, "status.result") == "Serving", 600, name="fine")
        wait_for("all to serve", lambda: all(dig(s, "status.result") == "Serving" for s in line.cluster.list(SERVICE, line.namespace)), 600)
        load = gateway_load(line, "fine", 25)
        version = line.train()
        line.until_step(version, 50, 600, name="fine")
        began = time.monotonic()
        line.until_result(version, "Promoted", name="fine")
        took = time.monotonic() - began
        services = line.cluster.list(SERVICE, line.namespace)
        tell(f"beside {MANY} services of a source that takes 10 s: {took:.0f} s from the first step to the end")
        assert took < 90
        turned = [s for s in services if dig(s, "status.refused", [])]
        assert names(turned) == []
        assert set(load.stop()["codes"]) == {"200"}
