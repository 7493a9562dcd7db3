"""A trainer and a model server that cost next to nothing, for scenarios about what the operator does over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cluster import Timeout, claims, wait_for
from cluster.kubectl import Cluster, Object
from demo import objects
from scenarios import manifests
from scenarios.manifests import Document

JOB, VERSION, SERVICE = "trainingjobs.millrace.dev", "modelversions.millrace.dev", "inferenceservices.millrace.dev"
NAME = "line"  # of the TrainingJob, its model and its service
PROVIDERS = ("Service", "GatewayAPI")
INTENT = "millrace.dev/intent"
SERVE = ["python3", "/opt/demo/light_server.py"]
ASK = '{"inputs": []}'  # the server below answers whatever it is asked

# A version's bytes are its parameters: another value is another version. `loads: "no"` makes one that no server can load; light_server.py
# of the image says what `error_ratio` and `latency` make of it.
TRAIN = """
mkdir -p /millrace/output/model
cp /millrace/parameters.json /millrace/output/model/
if [ "${MILLRACE_PARAM_LOADS:-yes}" = no ]; then touch /millrace/output/model/broken; fi
echo "{\\"accuracy\\": ${MILLRACE_PARAM_ACCURACY:-0.95}}" > /millrace/output/metrics.json
exit "${MILLRACE_PARAM_EXIT:-0}"
"""


def need(cluster: Cluster, provider: str) -> None:
    if provider != "Service" and not cluster.local:
        pytest.skip("only the testbed has a gateway")


def prepare(cluster: Cluster, namespace: str) -> None:
    claims.make(cluster, namespace, "data", {"train.csv": "a,b\n1,2\n"})
    claims.make(cluster, namespace, "models", {})


def training_job(namespace: str, parameters: Mapping[str, str], **spec: Any) -> Document:
    train = manifests.shell(TRAIN)
    return manifests.training_job(namespace, NAME, train=train, parameters=dict(parameters), **{"retry": {"limit": 0}} | spec)


def inference_service(namespace: str, name: str = NAME, provider: str = "Service", **rollout: Any) -> Document:
    """Follows the newest version of the line; its pods are ready a second after they run."""
    quick = {"steps": [{"weight": 50, "pause": "2s"}, {"weight": 100}], "bake": "2s", "drain": "10s", "progressDeadline": "3m"}
    container = {"image": objects.IMAGE, "args": SERVE, "resources": objects.BUSY}
    return manifests.inference_service(namespace, name, model=NAME, container=container, rollout=quick | rollout, **route(namespace, name, provider))


def route(namespace: str, name: str, provider: str) -> Document:
    """Nothing for the default, which is not written so that a service is as people write it."""
    if provider == "Service":
        return {}
    gateway = {"parentRefs": [{"name": "gw", "namespace": "infra"}], "hostnames": [host(namespace, name)]}
    return {"route": {"provider": provider, "gateway": gateway}}


def say(cluster: Cluster, namespace: str, words: str, token: str, name: str = NAME, age: timedelta = timedelta()) -> None:
    """An intent by kubectl annotate."""
    user = cluster.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
    at = (datetime.now(UTC) - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    cluster.kubectl("-n", namespace, "annotate", "--overwrite", SERVICE, name, f"{INTENT}={words} id={token} at={at} by={user}")


def host(namespace: str, name: str = NAME) -> str:
    return f"{name}.{namespace}.example.org"


def wait_settled(cluster: Cluster, namespace: str, kind: str, name: str, seconds: int = 180) -> Object:
    """As CI waits: kubectl compares the condition's generation with the object's."""
    wait = ("kubectl", "-n", namespace, "wait", f"{kind}/{name}", "--for=condition=Settled", "--timeout=5s")
    try:
        wait_for(f"{kind} {name} to be settled", lambda: cluster.run(*wait, check=False).returncode == 0, seconds)
    except Timeout as problem:
        raise Timeout(f"{problem}; it is {cluster.get(kind, name, namespace)}") from None
    found = cluster.get(kind, name, namespace)
    assert found
    return found
