"""People's words: each is acted on once, acknowledged, and refused with the right answer when it is about something else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cluster.kubectl import KubectlError, condition, dig
from cluster.operator import kill
from scenarios.conftest import Space
from scenarios.light import INTENT, NAME, SERVICE
from scenarios.rollouts.line import Line, at_step, outcomes, phase

STEPS = [{"weight": 20, "pause": "Manual"}, {"weight": 50, "pause": "Manual"}, {"weight": 100}]


def test_words_of_people(space: Space) -> None:
    with Line(space) as line:
        line.begin(steps=STEPS)
        promote_step_by_step(line)
        abort_and_retry(line)
        approve_by_commit(line)
        roll_back(line)
        ids = [intent["id"] for intent in dig(line.service(), "status.intents", [])]
        assert len(ids) == len(set(ids)) <= 10


def promote_step_by_step(line: Line) -> None:
    version = line.train()
    line.until("it waits for a person", lambda s: phase(s) == "AwaitingApproval" and at_step(s, version, 20))
    wrong = line.outcome(line.say(f"promote {version} step=2"))
    assert wrong["outcome"] == "Refused" and "1" in wrong["message"]
    other = line.outcome(line.say(f"promote {NAME}-v1 step=1"))
    assert other["outcome"] == "Refused" and version in other["message"]
    late = line.outcome(line.say(f"promote {version} step=1", age=timedelta(hours=2)))
    assert late["outcome"] == "Expired"

    with pytest.raises(KubectlError, match="by="):
        line.repeat(f"promote {version} id=x at=2026-01-01T00:00:00Z by=somebody-else")
    assert line.outcome(line.say(f"promote {version}"))["outcome"] == "Done"
    said = line.service()["metadata"]["annotations"][INTENT]
    line.until("the second step waits", lambda s: phase(s) == "AwaitingApproval" and at_step(s, version, 50))
    # The same words again, to another operator: they were acted on.
    line.cluster.kubectl("-n", line.namespace, "annotate", SERVICE, NAME, f"{INTENT}-")
    kill(line.cluster)
    line.repeat(said)
    held = line.outcome(line.say(f"pause {version}"))
    assert held["outcome"] == "Done"
    state = line.until("it is paused", lambda s: phase(s) == "Paused")
    assert at_step(state, version, 50)
    assert line.outcome(line.say(f"resume {version}"))["outcome"] == "Done"
    assert line.outcome(line.say(f"promote {version} step=2"))["outcome"] == "Done"
    line.until_result(version, "Promoted")


def abort_and_retry(line: Line) -> None:
    version = line.train()
    line.until_step(version, 20)
    assert line.outcome(line.say(f"abort {version}"))["outcome"] == "Done"
    state = line.until_result(version, "RolledBack")
    assert version in [r["version"] for r in dig(state, "status.refused", [])]
    assert line.outcome(line.say(f"retry {version}"))["outcome"] == "Done"
    line.until("it is tried again", lambda s: at_step(s, version, 20), after=state)
    assert line.outcome(line.say(f"promote-full {version}"))["outcome"] == "Done"
    line.until_result(version, "Promoted")


def approve_by_commit(line: Line) -> None:
    """In git a person writes the version and the step up to which nobody needs to be asked."""
    version = f"{NAME}-v{line.trained + 1}"
    line.serve(steps=STEPS, approved={"version": version, "step": 2})
    assert line.train() == version
    state = line.until_result(version, "Promoted")
    states = [phase(s) for s in line.recorder.history(NAME) if dig(s, "status.canary.version") == version]
    assert "AwaitingApproval" not in states
    assert condition(state, "Available")["status"] == "True"


def roll_back(line: Line) -> None:
    """Back to an older version, which serves until a newer one than all of today is ready."""
    older = f"{NAME}-v2"
    token = line.say(f"rollback {older}")
    heard = line.until("the word is heard", lambda s: token in outcomes(s))
    assert outcomes(heard)[token]["outcome"] == "Done"
    state = line.until("the older one serves", lambda s: dig(s, "status.stable.version") == older, after=heard)
    assert dig(state, "status.rollback.version") == older
