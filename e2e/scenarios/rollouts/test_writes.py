"""What a canary of five steps writes, read from the API server's audit log."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

from cluster.audit import AuditLog
from cluster.kubectl import Object, dig
from cluster.progress import tell
from scenarios.conftest import Space
from scenarios.light import NAME
from scenarios.rollouts.line import ERRORS, Line, analysis
from testbed.paths import cluster_paths

WEIGHTS = (10, 25, 50, 75, 100)
STEPS = [{"weight": weight, "pause": "12s"} for weight in WEIGHTS]
DECISIONS = 2 * len(WEIGHTS) + 2
OPERATOR = "system:serviceaccount:millrace-system:"
# What may change without a decision (D28): measured values and verdicts that move nothing, counts of pods, shares, and the words that say what
# is waited for.
MEASURED = {
    "value",
    "stable",
    "stableHigh",
    "samples",
    "stableSamples",
    "why",
    "verdict",
    "passed",
    "at",
    "ready",
    "available",
    "effectiveWeight",
    "observedShare",
    "weight",
}
WORDS = {"message", "waitingFor", "unblock", "nextAt", "threshold", "progressSince"}


def test_writes_of_five_steps(space: Space) -> None:
    with Line(space) as line:
        line.begin(steps=STEPS, bake="12s", analysis=analysis(ERRORS))
        load = line.load(60)
        began = time.time()
        version = line.train()
        began_state = line.until("the rollout begins", lambda s: dig(s, "status.canary.version") == version)
        done = line.until_result(version, "Promoted", 400)
        took = time.time() - began
        line.until_rest(version)
        log = AuditLog(cluster_paths(space.cluster.name).audit_log)
        requests = [r for r in log.requests(began) if r.namespace == space.name and r.user.startswith(OPERATOR) and r.writes]
        states = between(line.recorder.history(NAME), began_state, done)
        assert load.stop()["failed"] == 0
    statuses = len(states) - 1  # until its verdict: the old revision leaves after that
    decisions = [what for before, after in pairwise(states) if (what := changed(dig(before, "status"), dig(after, "status")))]
    decided = len(decisions)
    events = [r for r in requests if r.resource == "events"]
    others = dict(Counter(r.what for r in requests if r not in events))
    tell(f"five steps in {took:.0f} s: {statuses} writes of status, {decided} with a decision; {len(events)} events; others: {others}")
    assert decided <= DECISIONS, "\n".join(" ".join(what) for what in decisions)
    assert statuses - decided <= took / 10 + 1
    assert not [r for r in requests if r.resource in ("inferenceservices", "trainingjobs")], "spec and metadata are the user's"


def between(states: list[Object], first: Object, last: Object) -> list[Object]:
    """Each state of the object once, from the one before `first` on."""
    versions = [s["metadata"]["resourceVersion"] for s in states]
    at = versions.index(first["metadata"]["resourceVersion"])
    until = versions.index(last["metadata"]["resourceVersion"])
    return states[max(0, at - 1) : until + 1]


def changed(before: Object, after: Object) -> list[str]:
    """What of a status says something else, without what is measured; conditions and the canary one by one."""
    out = []
    for key in sorted(before.keys() | after.keys()):
        one, other = bare({key: before.get(key)}), bare({key: after.get(key)})
        if one == other:
            continue
        parts = (
            [f"{name}: {value}" for name, value in after[key].items() if before[key].get(name) != value]
            if key == "canary" and before.get(key) and after.get(key)
            else []
        )
        told = [f"{c['type']}={c['status']}/{c['reason']}" for c in after.get(key) or [] if c not in (before.get(key) or [])] if key == "conditions" else []
        out.append(key + (f" {parts + told}" if parts or told else ""))
    return out


def bare(value: object) -> object:
    """Without what is measured."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items() if key not in MEASURED | WORDS}
    return [bare(one) for one in value] if isinstance(value, list) else value
