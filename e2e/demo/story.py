"""The story: v1 trains and serves; new rows make v2, which takes over in measured steps; v3 passes its gate, answers slowly and with errors,
and is rolled back; v4 misses its gate. Where there is no gateway and no Prometheus, v3 is one that cannot load."""

from __future__ import annotations

import json
import time

from cluster import Cluster, wait_for
from cluster.kubectl import Object, condition, dig
from cluster.load import Load
from cluster.operator import kill
from demo import objects
from demo.places import Place, merged
from demo.timeline import Table, Timeline
from testbed.extras import GATEWAY_PORT
from testbed.network import NODE_IP

RATE = 20  # requests a second
POINTS = 2.0  # by which a share through the gateway may miss its weight
GOOD = {"max_iter": "500"}
TROUBLED = {"max_iter": "500", "single_rows": "slow"}
UNLOADABLE = {"max_iter": "500", "private": "yes"}
WEAK = {"max_iter": "500", "c": "0.000000001"}


class Story:
    def __init__(self, cluster: Cluster, place: Place, timeline: Timeline, table: Table) -> None:
        self.cluster, self.place, self.timeline, self.table = cluster, place, timeline, table
        self.measured = cluster.local  # behind the testbed's gateway, judged by its Prometheus
        self.load: Load | None = None

    def tell(self) -> None:
        self.first_version()
        self.second_version()
        if self.measured:
            self.troubled_version()
        else:
            self.unloadable_version()
        self.weak_version()
        self.stop_load()
        self.place.check(self.table, self.timeline, ["cancer-v1", "cancer-v2", "cancer-v3"])

    # -- chapters

    def first_version(self) -> None:
        self.chapter("v1: trains, passes its gate, serves")
        self.apply_job(GOOD)
        self.cluster.apply(objects.measured_service() if self.measured else objects.inference_service())
        self.wait_service("a first deploy", lambda s: dig(s, "status.phase") not in ("", "Pending") or self.run_goes())
        self.kill_operator()
        version = self.settled_run(1)
        self.table.expect("v1 is the first run's version", version == "cancer-v1", version)
        service = self.wait_service("v1 serving", lambda s: self.serves(s, "cancer-v1") and self.result(s) != "", 300)
        self.table.expect("v1 serves", self.result(service) == "Serving", self.result(service))
        self.start_load()
        answer = self.predict()
        self.table.expect("v1 answers a prediction", "outputs" in answer, answer.get("outputs", answer))

    def second_version(self) -> None:
        weights = objects.STEPS if self.measured else (50,)
        self.chapter(f"v2: new rows, and nobody does anything else; canary at {', '.join(str(w) for w in weights)} %, then 100 %")
        self.timeline.say(self.place.add_rows())
        began = time.monotonic()
        version = self.settled_run(2)
        trigger = dig(self.job(), "status.run.trigger")
        made = f"{version} by {trigger}, {time.monotonic() - began:.0f} s after, with a look every minute"
        self.table.expect("new rows make v2 by themselves", (version, trigger) == ("cancer-v2", "NewData"), made)
        rows = [self.number_of_rows(name) for name in ("cancer-v1", "cancer-v2")]
        self.table.expect("v2 was trained on more rows than v1", rows[0] < rows[1] == objects.ROWS, f"{rows[0]:.0f}, {rows[1]:.0f}")
        for weight in weights:
            self.step_of_second(weight, kill_it=weight == weights[0])
        service = self.wait_service("v2 promoted", lambda s: self.result(s) == "Promoted" and self.serves(s, "cancer-v2"), 300)
        self.table.expect("v2 is promoted", True, f"stable {dig(service, 'status.stable.version')}")

    def step_of_second(self, weight: int, *, kill_it: bool) -> None:
        """Its share of the load from the moment the step is told until the next is."""
        assert self.load
        self.wait_service(f"the canary at {weight} %", lambda s: self.is_at(s, weight), 300)
        began = time.time()
        if kill_it:
            self.kill_operator()
        self.wait_service(f"the end of the step at {weight} %", lambda s: not self.is_at(s, weight), 300)
        window = self.load.window(began, time.time())
        share, points = window.share("2"), POINTS if self.measured else 15.0
        self.table.expect(f"the canary's real share at {weight} %", abs(share - weight) <= points, f"{share:.1f} % of {window.total()} requests")

    def troubled_version(self) -> None:
        self.chapter("v3: passes its gate; then answers slowly and with errors; rolled back by what is measured, v2 untouched")
        before = self.pods_of("cancer-v2")
        self.apply_job(TROUBLED)
        version = self.settled_run(3)
        self.table.expect("v3 passes its gate", version == "cancer-v3", version)
        self.wait_service("the canary of v3", lambda s: self.is_at(s, objects.STEPS[0]), 300)
        self.kill_operator()
        service = self.wait_service("v3 rolled back", lambda s: self.result(s) == "RolledBack", 420)
        told = [r["message"] for r in dig(service, "status.refused", []) if r["version"] == "cancer-v3"]
        self.table.expect("v3 is rolled back, with the numbers", bool(told), "; ".join(told))
        self.table.expect("v2 still serves from the same pods", self.pods_of("cancer-v2") == before, len(before))

    def unloadable_version(self) -> None:
        self.chapter("v3: its container cannot load the model; rolled back, v2 untouched")
        before = self.pods_of("cancer-v2")
        self.apply_job(UNLOADABLE)
        version = self.settled_run(3)
        self.table.expect("v3 passes its gate", version == "cancer-v3", version)
        self.wait_service("the canary of v3", lambda s: dig(s, "status.canary.version") == "cancer-v3", 120)
        self.kill_operator()
        service = self.wait_service("v3 rolled back", lambda s: self.result(s) == "RolledBack", 420)
        reason = [r["reason"] for r in dig(service, "status.refused", []) if r["version"] == "cancer-v3"]
        self.table.expect("v3 is rolled back and refused", bool(reason), reason)
        self.table.expect("v2 still serves from the same pods", self.pods_of("cancer-v2") == before, len(before))

    def weak_version(self) -> None:
        self.chapter("v4: below its gate; rejected")
        self.apply_job(WEAK)
        self.wait_run(4)
        self.kill_operator()
        self.settled_run(4)
        version = self.cluster.get("modelversions.millrace.dev", "cancer-v4", objects.NAMESPACE)
        self.table.expect("v4 is rejected", dig(version, "status.phase") == "Rejected", dig(version, "status.message"))
        self.table.expect("its job says so", dig(self.job(), "status.result") == "VersionRejected", dig(self.job(), "status.result"))
        service = self.service()
        self.table.expect("v2 serves on", self.serves(service, "cancer-v2"), dig(service, "status.stable.version"))

    # -- the load

    def start_load(self) -> None:
        url, host = self.url()
        self.load = Load(self.cluster, objects.NAMESPACE, url, objects.infer_body(), RATE, self.timeline.say, host)

    def stop_load(self) -> None:
        assert self.load
        last = self.load.stop()
        self.table.expect("requests during all of it", last["sent"] >= 500, last["sent"])
        troubled = last["codes"].get("500", {}).get("", 0) if self.measured else 0  # MLServer's error names no version; only v3 has any
        others = last["failed"] - troubled
        self.table.expect("failed requests beside those that v3 answered with 500", others == 0, f"{others} {last['errors'] if others else ''}".strip())
        if self.measured:
            self.table.expect("few met v3's errors", troubled <= 0.02 * last["sent"], f"{troubled} of {last['sent']}")
        else:
            self.table.expect("v3 answered nobody", last["versions"].get("3", 0) == 0, last["versions"])

    # -- looks

    def chapter(self, text: str) -> None:
        self.timeline.say(f"── {text}")

    def kill_operator(self) -> None:
        self.timeline.say("the operator is killed")
        self.timeline.say(f"a new operator runs: {kill(self.cluster)}")

    def job(self) -> Object | None:
        return self.cluster.get("trainingjobs.millrace.dev", "cancer", objects.NAMESPACE)

    def service(self) -> Object | None:
        return self.cluster.get("inferenceservices.millrace.dev", "cancer", objects.NAMESPACE)

    def run_goes(self) -> bool:
        return bool(dig(self.job(), "status.phase") == "Running")

    def apply_job(self, parameters: dict[str, str]) -> None:
        job = objects.training_job(parameters)
        self.cluster.apply({**job, "spec": merged(job["spec"], self.place.spec())})

    def wait_run(self, number: int) -> None:
        wait_for(f"run {number} to begin", lambda: dig(self.job(), "status.run.number", 0) == number or None, 180, self.timeline.say)

    def settled_run(self, number: int) -> str:
        """kubectl wait, as CI would; the version that the verdict is about."""
        self.wait_run(number)
        self.cluster.kubectl("-n", objects.NAMESPACE, "wait", "trainingjobs.millrace.dev/cancer", "--for=condition=Settled", "--timeout=420s")
        return str(dig(self.job(), "status.settled.version"))

    def number_of_rows(self, version: str) -> float:
        found = self.cluster.get("modelversions.millrace.dev", version, objects.NAMESPACE)
        return float(dig(found, "spec.metrics.rows", "0"))

    def wait_service(self, what: str, holds: object, seconds: float = 120) -> Object:
        assert callable(holds)

        def look() -> Object | None:
            service = self.service()
            return service if service and holds(service) else None

        return wait_for(what, look, seconds, self.timeline.say)

    @staticmethod
    def serves(service: Object | None, version: str) -> bool:
        return bool(dig(service, "status.stable.version") == version and condition(service, "Available").get("status") == "True")

    @staticmethod
    def result(service: Object | None) -> str:
        return str(dig(service, "status.result")) if condition(service, "Settled").get("status") == "True" else ""

    @staticmethod
    def is_at(service: Object | None, weight: int) -> bool:
        """The step's pods have its share."""
        return bool(dig(service, "status.canary.weight", 0) == weight and dig(service, "status.canary.stepStartedAt"))

    def url(self) -> tuple[str, str]:
        """What clients ask, and by which host name."""
        path = "/v2/models/cancer/infer"
        if self.measured:
            return f"http://{NODE_IP}:{GATEWAY_PORT}{path}", objects.HOST
        entry = self.cluster.get("service", "cancer-predict", objects.NAMESPACE)
        return f"http://{dig(entry, 'spec.clusterIP')}:8080{path}", ""

    def predict(self) -> Object:
        """One prediction, asked from the load's pod."""
        url, host = self.url()
        headers = {"Content-Type": "application/json"} | ({"Host": host} if host else {})
        ask = f"import urllib.request as u; print(u.urlopen(u.Request({url!r}, {objects.infer_body()!r}.encode(), {headers!r}), timeout=10).read().decode())"
        answer: Object = json.loads(self.cluster.kubectl("-n", objects.NAMESPACE, "exec", "load", "--", "python3", "-c", ask))
        return answer

    def pods_of(self, version: str) -> list[str]:
        pods = self.cluster.list("pods", objects.NAMESPACE, f"millrace.dev/model-version={version}")
        return sorted(p["metadata"]["uid"] for p in pods)
