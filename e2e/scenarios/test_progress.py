"""Progress: what train writes is seen in `kubectl get`, survives the operator, and no pod tells of another's run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cluster import Cluster, operator, wait_for
from cluster.kubectl import dig
from demo import objects
from scenarios import light, manifests
from scenarios.conftest import Space
from scenarios.light import JOB
from scenarios.manifests import Document

SERVICE = "millrace-reports"
TRAIN = """
for done in $(seq 1 100); do
  echo "{\\"done\\": $done, \\"total\\": 100}" > /millrace/progress.json
  sleep 2
done
mkdir -p /millrace/output/model
echo model > /millrace/output/model/m
"""

# What any pod may try: a token for the run's audience, but bound to itself.
INTRUDER = """
import http.client, json, os, socket, ssl
context = ssl.create_default_context(cadata=os.environ["CA"])
connection = http.client.HTTPSConnection(os.environ["AT"], context=context)
raw = socket.create_connection((os.environ["AT"], 443), timeout=10)
connection.sock = context.wrap_socket(raw, server_hostname=os.environ["NAME"])
token = open("/token/token").read()
connection.request("POST", os.environ["PATH_OF_RUN"], json.dumps({"done": 60, "total": 60}), {"Authorization": "Bearer " + token})
print(connection.getresponse().status)
"""


@pytest.fixture
def reports(cluster: Cluster) -> Iterator[None]:
    """The operator listens to reports."""
    if not cluster.local:
        pytest.skip("the operator is not ours to install")
    operator.upgrade(cluster, "reports.enabled=true")
    yield
    operator.upgrade(cluster)


def row(space: Space) -> dict[str, str]:
    """The line that `kubectl get trainingjobs` prints, by its head: columns stand below their names."""
    head, line = space.cluster.kubectl("-n", space.name, "get", JOB, "job").splitlines()[:2]
    starts = [i for i, c in enumerate(head) if c != " " and (i == 0 or head[i - 1] == " ")]
    ends = [*starts[1:], None]
    return {head[a:b].strip(): line[a:b].strip() for a, b in zip(starts, ends, strict=True)}


def percent(space: Space) -> int:
    return int(row(space)["PROGRESS"].removesuffix("%") or 0)


def intruder(space: Space, run: str, ca: str) -> Document:
    address = str(dig(space.cluster.get("service", SERVICE, operator.NAMESPACE), "spec.clusterIP"))
    env = {"CA": ca, "AT": address, "NAME": f"{SERVICE}.{operator.NAMESPACE}.svc", "PATH_OF_RUN": f"/v1/progress/{run}"}
    token = {"serviceAccountToken": {"audience": f"millrace.dev/run/{run}", "path": "token"}}
    container = {
        "name": "intruder",
        "image": objects.IMAGE,
        "command": ["python3", "-c", INTRUDER],
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "volumeMounts": [{"name": "token", "mountPath": "/token"}],
    }
    spec = {"restartPolicy": "Never", "containers": [container], "volumes": [{"name": "token", "projected": {"sources": [token]}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "intruder", "namespace": space.name}, "spec": spec}


def ca_of(pod: Document) -> str:
    train = next(one for one in pod["spec"]["containers"] if one["name"] == "train")
    return str(next(one["value"] for one in train["env"] if one["name"] == "MILLRACE_REPORTS_CA"))


@pytest.mark.usefixtures("reports")
def test_progress_is_told_and_nobody_elses(space: Space) -> None:
    cluster = space.cluster
    light.prepare(cluster, space.name)
    cluster.apply(manifests.training_job(space.name, train=manifests.shell(TRAIN)))
    first = wait_for("a first report", lambda: percent(space) or None, 180)
    seen = row(space)
    assert seen["PHASE"] == "Running"
    wait_for("progress and an estimate", lambda: (percent(space) > first and row(space)["ETA"]) or None, 120)
    before = percent(space)

    operator.kill(cluster)
    assert percent(space) >= before
    wait_for("progress after the operator's restart", lambda: percent(space) > before or None, 120)

    pods = [one for one in cluster.list("pods", space.name) if str(dig(one, "metadata.name")).startswith("job-r1")]
    uid = dig(cluster.get(JOB, "job", space.name), "metadata.uid")
    cluster.apply(intruder(space, f"{uid}-1", ca_of(pods[0])))
    cluster.kubectl("-n", space.name, "wait", "pod/intruder", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
    assert cluster.kubectl("-n", space.name, "logs", "intruder").strip() == "403"

    job = light.wait_settled(cluster, space.name, JOB, "job")
    assert dig(job, "status.result") == "VersionReady"
    assert row(space)["PROGRESS"] == row(space)["ETA"] == ""
