"""Runs to which something happens: the pod deleted, evicted or out of memory, the Job deleted, the run suspended, the status wiped, the
TrainingJob made anew, another TrainingJob that extends the same model. Each comes to its end, no version number is used twice, no stored byte changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Cluster, wait_for
from cluster.kubectl import Object, dig, names
from scenarios.bad_input.scene import JOBS, VERSIONS, Scene, message
from scenarios.manifests import shell, training_job

NAMESPACE = "attempts"
# A pod's hostname tells the attempt; the first one lasts until somebody ends it.
LASTS = 'case "$(hostname)" in *-a1-0) exec sleep 900;; esac; '
EATS = "case \"$(hostname)\" in *-a1-0) exec python -c 'b = bytearray(300 << 20); print(len(b.replace(bytes(1), bytes([1]))))';; esac; "
WAITS = "until [ -e /tmp/go ]; do sleep 0.2; done; "
# Told to end it leaves a checkpoint; the next attempt takes it for its model.
RESUMES = """
if [ -z "${MILLRACE_RESUME_DIR:-}" ]; then
  trap 'echo "step 7" > "$MILLRACE_CHECKPOINT_DIR/state"; exit 0' TERM
  touch "$MILLRACE_CHECKPOINT_DIR/begun"; sleep 900 & wait
fi
mkdir -p /millrace/output/model; cp "$MILLRACE_RESUME_DIR/state" /millrace/output/model/; exit 0
"""
MODEL = "mkdir -p /millrace/output/model; cp /millrace/parameters.json /millrace/output/model/"
PREPARES = "mkdir -p /millrace/prepared/deep; tr a-z A-Z < /millrace/data/rows/rows.csv > /millrace/prepared/deep/rows; chmod 700 /millrace/prepared/deep"
TAKES = """
case "$(hostname)" in *-r1-a1-0) exit 3;; esac
if touch /millrace/prepared/x; then exit 4; fi
mkdir -p /millrace/output/model; cp /millrace/prepared/deep/rows /millrace/output/model/; exit 0
"""
GROWS = "mkdir -p /millrace/output/model; truncate -s 1G /millrace/output/model/weights.bin; exit 0; "
SMALL = {"format": "sklearn", "store": {"pvc": {"claimName": "models", "path": "store"}}, "maxSize": "1Mi"}
FIRST = {"deleted": LASTS, "evicted": LASTS, "eater": EATS, "jobless": WAITS, "wiped": WAITS}


def job(name: str, script: str = "", **spec: Any) -> Object:
    train = shell(script + MODEL)
    train["resources"] = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    retry = {"limit": 1, "backoff": "1s"}
    return training_job(NAMESPACE, name, train=train, **({"data": [], "parameters": {"who": name}, "retry": retry} | spec))


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    scene = Scene(cluster, NAMESPACE)
    scene.claim("models")
    scene.claim("checkpoints")
    cluster.apply(*(job(name, script) for name, script in FIRST.items()), job("again"))
    cluster.apply(job("paused", RESUMES, checkpoint={"pvc": {"claimName": "checkpoints"}}), job("big", GROWS, output=SMALL))
    cluster.apply(job("left", model="shared"), job("right", model="shared"))
    scene.claim("workspace")
    (scene.claim("rows") / "rows.csv").write_text("a,b\n")
    once = {"prepare": "Once", "workspace": {"claimName": "workspace"}, "preprocess": shell(PREPARES)}
    cluster.apply(job("once", TAKES, data=[{"name": "rows", "uri": "pvc://rows/rows.csv"}], **once))
    yield scene
    scene.close()


def train_pod(scene: Scene, name: str) -> str:
    """The pod of the first attempt, once `train` runs in it."""
    scene.recorders[JOBS].until(name, "it trains", lambda j: dig(j, "status.phase") == "Running")
    [pod] = scene.cluster.list("pods", NAMESPACE, f"millrace.dev/training-job={name},millrace.dev/attempt=1")
    return str(pod["metadata"]["name"])


def go_on(scene: Scene, pod: str) -> None:
    scene.cluster.kubectl("-n", NAMESPACE, "exec", pod, "-c", "train", "--", "touch", "/tmp/go")


def end(scene: Scene, name: str) -> Object:
    return scene.recorders[JOBS].until(name, "it has a version", lambda j: dig(j, "status.result") == "VersionReady")


def attempts(done: Object) -> list[tuple[int, str]]:
    return [(one["number"], one["reason"]) for one in dig(done, "status.attempts", [])]


def suspend(scene: Scene, name: str, flag: bool) -> None:
    scene.cluster.kubectl("-n", NAMESPACE, "patch", JOBS, name, "--type=merge", "-p", json.dumps({"spec": {"suspend": flag}}))


def test_suspended_while_it_trains(scene: Scene) -> None:
    """It is told to end and has time for a checkpoint; it rests until the last scenario here lets it go on."""
    wait_for("it to train", lambda: list(scene.folders["checkpoints"].rglob("begun")))
    suspend(scene, "paused", True)
    resting = scene.recorders[JOBS].until("paused", "it is suspended", lambda j: dig(j, "status.settled.result") == "Suspended")
    assert (dig(resting, "status.phase"), attempts(resting)) == ("Suspended", [(1, "Suspended")])


def test_pod_evicted(scene: Scene) -> None:
    """A disruption: the next attempt is free, and the cause is Kubernetes' own sentence, of the pod or, when that is gone, of its Job."""
    pod = train_pod(scene, "evicted")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": NAMESPACE}}
    scene.cluster.kubectl("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}/eviction", "-f", "-", stdin=json.dumps(eviction))
    done = end(scene, "evicted")
    assert attempts(done) == [(1, "Disrupted")]
    message = dig(done, "status.attempts")[0]["message"]
    assert "EvictionByEvictionAPI" in message or "condition DisruptionTarget" in message
    assert (dig(done, "status.run.attempt"), dig(done, "status.run.disruptions"), dig(done, "status.run.counted", 0)) == (2, 1, 0)


def test_pod_deleted(scene: Scene) -> None:
    scene.cluster.kubectl("-n", NAMESPACE, "delete", "pod", train_pod(scene, "deleted"), "--wait=false")
    done = end(scene, "deleted")
    assert dig(done, "status.run.attempt") == 2
    assert len(attempts(done)) == 1


def test_pod_out_of_memory(scene: Scene) -> None:
    done = end(scene, "eater")
    assert attempts(done) == [(1, "OutOfMemory")]
    assert dig(done, "status.run.counted") == 1


def test_job_deleted(scene: Scene) -> None:
    """The attempt has not failed: its Job is made again, and nothing else."""
    pod = train_pod(scene, "jobless")
    job = dig(scene.recorders[JOBS].history("jobless")[-1], "status.run.job")
    first = dig(scene.cluster.get("job", job, NAMESPACE), "metadata.uid")
    scene.cluster.kubectl("-n", NAMESPACE, "delete", "job", job, "--wait=false")

    def trains_anew() -> str | None:
        made = scene.cluster.get("job", job, NAMESPACE)
        if dig(made, "metadata.uid", first) == first or dig(made, "status.ready", 0) != 1:
            return None
        pods = names(scene.cluster.list("pods", NAMESPACE, f"batch.kubernetes.io/controller-uid={dig(made, 'metadata.uid')}"))
        return pods[0] if pods else None

    again = wait_for("another Job of the same name to train", trains_anew)
    assert again != pod
    go_on(scene, again)
    done = end(scene, "jobless")
    assert (dig(done, "status.run.number"), dig(done, "status.run.attempt"), dig(done, "status.modelVersion")) == (1, 1, "jobless-v1")


def test_model_over_its_size(scene: Scene) -> None:
    """A gigabyte where a megabyte is allowed: told, not stored, and not tried again."""
    told = scene.until(JOBS, "big", "Stalled", "True", "TooLarge")
    assert f"more than {1 << 20} bytes" in message(told)
    assert (dig(told, "status.result"), dig(told, "status.run.attempt")) == ("Failed", 1)
    assert stored(scene, "big") == {}


def test_status_wiped_while_it_trains(scene: Scene) -> None:
    """The run that goes is found again: it is neither ended nor started twice."""
    pod = train_pod(scene, "wiped")
    before = scene.cluster.get("pod", pod, NAMESPACE)
    last = scene.recorders[JOBS].history("wiped")[-1]
    wiped = json.dumps({"status": None})
    scene.cluster.kubectl("-n", NAMESPACE, "patch", JOBS, "wiped", "--subresource=status", "--type=merge", "-p", wiped)
    empty = scene.recorders[JOBS].until("wiped", "its status is empty", lambda j: dig(j, "status.phase") == "", after=last)
    scene.recorders[JOBS].until("wiped", "it is told to train", lambda j: dig(j, "status.phase") == "Running", after=empty)
    now = scene.cluster.get("pod", pod, NAMESPACE)
    assert dig(now, "metadata.uid") == dig(before, "metadata.uid")
    go_on(scene, pod)
    done = end(scene, "wiped")
    assert (dig(done, "status.run.number"), dig(done, "status.run.attempt"), attempts(done)) == (1, 1, [])


def test_training_job_made_anew(scene: Scene) -> None:
    """What the first one stored stays as it is; the second one goes on counting."""
    assert dig(end(scene, "again"), "status.modelVersion") == "again-v1"
    before = stored(scene, "again")
    scene.cluster.kubectl("-n", NAMESPACE, "delete", JOBS, "again", "--wait=true")
    scene.cluster.apply(job("again", parameters={"who": "again", "round": "2"}))
    made = wait_for("the new TrainingJob's version", lambda: scene.cluster.get(VERSIONS, "again-v2", NAMESPACE))
    assert dig(made, "spec.version") == 2
    last = scene.recorders[JOBS].until("again", "it has version 2", lambda j: dig(j, "status.settled.version") == "again-v2")
    assert dig(last, "status.run.number") == 2
    after = stored(scene, "again")
    assert before.items() <= after.items()
    assert len(after) > len(before)


def test_prepared_once(scene: Scene) -> None:
    """The second attempt takes what was prepared for the first; the next run prepares anew and clears what was left."""
    done = end(scene, "once")
    assert attempts(done) == [(1, "Crashed")]
    jobs = [name for name in scene.children("jobs", "once") if "resolve" not in name]
    assert sorted(jobs) == ["once-r1-a1", "once-r1-a1-prepare", "once-r1-a2"]
    [model] = [path for path in (scene.folders["models"] / "store/once").rglob("rows") if path.is_file()]
    assert model.read_text() == "A,B\n"
    [kept] = scene.folders["workspace"].glob("*/*")
    assert kept.name == "r1-a1"
    scene.cluster.kubectl("-n", NAMESPACE, "patch", JOBS, "once", "--type=merge", "-p", json.dumps({"spec": {"run": "again"}}))
    scene.recorders[JOBS].until("once", "it has run again", lambda j: dig(j, "status.settled.version") == "once-v2")
    assert [path.name for path in scene.folders["workspace"].glob("*/*")] == ["r2-a1"]


def test_two_extend_one_model(scene: Scene) -> None:
    """They race for numbers: each gets one of its own."""
    versions = {dig(end(scene, name), "status.modelVersion") for name in ("left", "right")}
    assert versions == {"shared-v1", "shared-v2"}
    owners = {dig(scene.cluster.get(VERSIONS, name, NAMESPACE), "spec.provenance.trainingJob") for name in versions}
    assert owners == {"left", "right"}


def test_resumed(scene: Scene) -> None:
    """The next attempt of the same run goes on from what the first one left when it was told to end."""
    suspend(scene, "paused", False)
    done = end(scene, "paused")
    assert (dig(done, "status.run.number"), dig(done, "status.run.attempt"), dig(done, "status.run.counted", 0)) == (1, 2, 0)
    [kept] = scene.folders["checkpoints"].rglob("state")
    [model] = [path for path in (scene.folders["models"] / "store/paused").rglob("state") if path.is_file()]
    assert (kept.parent.name, model.read_text(), kept.read_text()) == ("a1", "step 7\n", "step 7\n")


def stored(scene: Scene, model: str) -> dict[str, str]:
    """Digest by path of all files below the model's folder of the store."""
    folder = scene.folders["models"] / "store" / model
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}
