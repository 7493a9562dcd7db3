"""The story: v1 trains and serves; new rows make v2, which takes over through a canary; v3 cannot load and is rolled back; v4 misses its
gate."""

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

RATE = 10  # requests a second
GOOD = {"max_iter": "500"}
UNLOADABLE = {"max_iter": "500", "private": "yes"}
WEAK = {"max_iter": "500", "c": "0.000000001"}


class Story:
    def __init__(self, cluster: Cluster, place: Place, timeline: Timeline, table: Table) -> None:
        self.cluster, self.place, self.timeline, self.table = cluster, place, timeline, table
        self.load: Load | None = None

    def tell(self) -> None:
        self.first_version()
        self.second_version()
        self.unloadable_version()
        self.weak_version()
        self.stop_load()
        self.place.check(self.table, self.timeline, ["cancer-v1", "cancer-v2", "cancer-v3"])

    # -- chapters

    def first_version(self) -> None:
        self.chapter("v1: trains, passes its gate, serves")
        self.apply_job(GOOD)
        self.cluster.apply(objects.inference_service())
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
        self.chapter("v2: new rows, and nobody does anything else; canary at 50 %, then 100 %")
        self.timeline.say(self.place.add_rows())
        began = time.monotonic()
        version = self.settled_run(2)
        trigger = dig(self.job(), "status.run.trigger")
        made = f"{version} by {trigger}, {time.monotonic() - began:.0f} s after, with a look every minute"
        self.table.expect("new rows make v2 by themselves", (version, trigger) == ("cancer-v2", "NewData"), made)
        rows = [self.number_of_rows(name) for name in ("cancer-v1", "cancer-v2")]
        self.table.expect("v2 was trained on more rows than v1", rows[0] < rows[1] == objects.ROWS, f"{rows[0]:.0f}, {rows[1]:.0f}")
        self.wait_service("the canary at 50 %", lambda s: self.canary_share(s) == 50, 300)
        assert self.load
        start = self.load.counts()
        self.kill_operator()
        service = self.wait_service("v2 promoted", lambda s: self.result(s) == "Promoted" and self.serves(s, "cancer-v2"), 300)
        self.table.expect("v2 is promoted", True, f"stable {dig(service, 'status.stable.version')}")
        self.share_of_canary(start)

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
        url, body = self.url(), objects.infer_body()
        self.load = Load(self.cluster, objects.NAMESPACE, url, body, RATE, self.timeline.say)

    def share_of_canary(self, start: Object) -> None:
        """Among the samples of the step at 50 %: the share that v2 answered until v1 got nothing more."""
        assert self.load
        old, new = "1", "2"
        window = [s for s in self.load.samples if s["at"] >= start["at"]]
        last = window[0]
        for sample in window[1:]:
            if sample["versions"].get(old, 0) == last["versions"].get(old, 0) and sample["sent"] - last["sent"] >= 8:
                break
            last = sample
        ours = last["versions"].get(new, 0) - start["versions"].get(new, 0)
        all_ = ours + last["versions"].get(old, 0) - start["versions"].get(old, 0)
        share = 100 * ours / max(1, all_)
        self.table.expect("the canary's real share at 50 %", all_ >= 50 and 35 <= share <= 65, f"{share:.1f} % of {all_} requests")

    def stop_load(self) -> None:
        assert self.load
        last = self.load.stop()
        self.table.expect("requests during all of it", last["sent"] >= 500, last["sent"])
        self.table.expect("failed requests", last["failed"] == 0, f"{last['failed']} {last['errors'] or ''}".strip())
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
    def canary_share(service: Object | None) -> int:
        return int(dig(service, "status.canary.effectiveWeight", 0))

    def url(self) -> str:
        entry = self.cluster.get("service", "cancer-predict", objects.NAMESPACE)
        return f"http://{dig(entry, 'spec.clusterIP')}:8080/v2/models/cancer/infer"

    def predict(self) -> Object:
        """One prediction, asked from the load's pod."""
        ask = f"import urllib.request as u; print(u.urlopen(u.Request({self.url()!r}, {objects.infer_body()!r}.encode(), " \
              "{'Content-Type': 'application/json'}), timeout=10).read().decode())"  # fmt: skip
        answer: Object = json.loads(self.cluster.kubectl("-n", objects.NAMESPACE, "exec", "load", "--", "python3", "-c", ask))
        return answer

    def pods_of(self, version: str) -> list[str]:
        pods = self.cluster.list("pods", objects.NAMESPACE, f"millrace.dev/model-version={version}")
        return sorted(p["metadata"]["uid"] for p in pods)
