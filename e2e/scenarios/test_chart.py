"""The chart: what it renders is taken by the API server, gives people and the operator just the rights they need."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import Any

import pytest

from cluster import Cluster, operator, wait_for
from cluster.kubectl import E2E
from testbed.tools import ensure_tool

CHART = str(E2E.parent / "charts/millrace")
OLDEST = "--kube-version=1.33.0"  # of what the chart allows; helm's own guess is older
VARIANTS: dict[str, list[str]] = {
    "defaults": [],
    "two replicas, CRDs from elsewhere": ["--set=replicas=2", "--set=crds.install=false"],
    "reports of progress": ["--set=reports.enabled=true"],
    "CRDs that go with the release": ["--set=crds.keep=false"],
    "metrics sources": [
        "--set-json=metricsSources=[{\"name\":\"default\",\"url\":\"http://prometheus.monitoring:9090\"},"
        "{\"name\":\"team\",\"url\":\"https://mimir/prometheus\",\"tenancy\":\"header\","
        "\"tokenSecret\":{\"name\":\"t\",\"key\":\"token\"},\"caConfigMap\":{\"name\":\"c\",\"key\":\"ca.crt\"}}]",
        "--set=allowCustomQueries=true",
    ],
    "placed": ["--set-json=nodeSelector={\"disk\":\"ssd\"}", "--set-json=tolerations=[{\"key\":\"infra\",\"operator\":\"Exists\"}]"],
}  # fmt: skip
REFUSED = {"replicas=-1": "replicas", "image.tag=": "tag", "logLevel=loud": "logLevel", "replicaCount=2": "replicaCount",
           "metricsSources[0].name=Prom": "url", "metricsSources[0].url=ftp://x": "url"}  # fmt: skip


def helm(cluster: Cluster, *args: str, check: bool = True) -> str:
    program = shutil.which("helm") or str(ensure_tool("helm") / "helm")
    done = cluster.run(program, *args, check=check)
    return done.stdout + done.stderr


def test_lint(cluster: Cluster) -> None:
    assert "0 chart(s) failed" in helm(cluster, "lint", "--strict", CHART)


@pytest.mark.parametrize("variant", VARIANTS)
def test_server_takes_what_is_rendered(cluster: Cluster, variant: str) -> None:
    rendered = helm(cluster, "template", "other", CHART, "--namespace=default", OLDEST, *VARIANTS[variant])
    assert "kind: Deployment" in rendered
    cluster.kubectl("apply", "--dry-run=server", "--server-side", "--force-conflicts", "-f", "-", stdin=rendered)


@pytest.mark.parametrize("value", REFUSED)
def test_wrong_value_is_named(cluster: Cluster, value: str) -> None:
    said = helm(cluster, "template", "other", CHART, OLDEST, f"--set={value}", check=False)
    assert "don't meet the specifications" in said and REFUSED[value] in said


def test_metrics_sources_become_arguments_and_mounts(cluster: Cluster) -> None:
    rendered = helm(cluster, "template", "other", CHART, OLDEST, *VARIANTS["metrics sources"])
    for part in ("--metrics-source=name=default,url=http://prometheus.monitoring:9090\"", "--allow-custom-queries",
                 "--metrics-source=name=team,url=https://mimir/prometheus,tenancy=header,"
                 "token-file=/etc/millrace/metrics/1/token/token,ca-file=/etc/millrace/metrics/1/ca/ca.crt",
                 "mountPath: /etc/millrace/metrics/1/token", "secretName: \"t\"", "configMap: {name: \"c\""):  # fmt: skip
        assert part in rendered
    assert "--metrics-source" not in helm(cluster, "template", "other", CHART, OLDEST)


@pytest.mark.parametrize(("role", "may"), {"view": ("get", "list", "watch"), "edit": ("get", "create", "patch", "delete")}.items())
def test_people_get_rights_by_kubernetes_own_roles(cluster: Cluster, role: str, may: tuple[str, ...]) -> None:
    cluster.kubectl("create", "rolebinding", f"chart-{role}", f"--clusterrole={role}", f"--user={role}er", "-n", "default", check=False)
    try:
        for verb in may:
            wait_for(f"{role} may {verb}", partial(can, cluster, f"{role}er", verb, "inferenceservices"), 30)
        assert not can(cluster, "viewer", "create", "inferenceservices")
        assert not can(cluster, f"{role}er", "update", "inferenceservices/status")
    finally:
        cluster.kubectl("delete", "rolebinding", f"chart-{role}", "-n", "default")


VERSION = {
    "apiVersion": "millrace.dev/v1alpha1", "kind": "ModelVersion", "metadata": {"name": "chart-v1", "namespace": "default"},
    "spec": {"model": "chart", "version": 1, "artifact": {"uri": "pvc://absent/chart", "digest": "sha256:" + 64 * "0", "format": "sklearn"}},
}  # fmt: skip


def test_who_decides_about_a_version_is_asked_of_rbac(cluster: Cluster) -> None:
    def patch(user: str, spec: dict[str, object]) -> dict[str, Any]:
        cluster.kubectl("patch", "modelversions.millrace.dev/chart-v1", "-n", "default", "--type=merge", f"--as={user}",
                        f"--patch={json.dumps({'spec': spec})}", check=False)  # fmt: skip
        found = json.loads(cluster.kubectl("get", "modelversions.millrace.dev/chart-v1", "-n", "default", "-o", "json"))
        decided: dict[str, Any] = found["spec"]
        return decided

    for user, role in {"writer": "edit", "judge": "millrace-approver"}.items():
        cluster.kubectl("create", "rolebinding", f"chart-{user}", f"--clusterrole={role}", f"--user={user}", "-n", "default", check=False)
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(VERSION))
    try:
        wait_for("writer may patch", partial(can, cluster, "writer", "patch", "modelversions"), 30)
        assert patch("writer", {"approval": {"decision": "Approved", "by": "writer"}})["approval"]["decision"] == "Pending"
        assert "quarantine" not in patch("writer", {"quarantine": {"active": True}})
        assert patch("judge", {"approval": {"decision": "Approved", "by": "writer"}})["approval"]["decision"] == "Pending"
        assert patch("judge", {"approval": {"decision": "Approved", "by": "judge"}})["approval"]["by"] == "judge"
        assert patch("judge", {"quarantine": {"active": True, "reason": "a test"}})["quarantine"]["active"]
    finally:
        cluster.kubectl("delete", "modelversions.millrace.dev/chart-v1", "-n", "default")
        cluster.kubectl("delete", "rolebinding", "chart-writer", "chart-judge", "-n", "default")


NEVER = [("get", "secrets"), ("list", "nodes"), ("create", "pods/exec"), ("get", "pods/log"), ("update", "trainingjobs"),
         ("patch", "inferenceservices"), ("create", "rolebindings"), ("create", "serviceaccounts/token"), ("watch", "events")]  # fmt: skip


@pytest.mark.parametrize(("verb", "resource"), NEVER)
def test_operator_may_not(cluster: Cluster, verb: str, resource: str) -> None:
    assert not can(cluster, operator.USER, verb, resource, "default")


def can(cluster: Cluster, user: str, verb: str, resource: str, namespace: str = "default") -> bool:
    group = ".millrace.dev" if resource.split("/")[0] in ("trainingjobs", "modelversions", "inferenceservices") else ""
    name, _, sub = resource.partition("/")
    args = [verb, name + group] + ([f"--subresource={sub}"] if sub else [])
    return cluster.kubectl("auth", "can-i", *args, f"--as={user}", "-n", namespace, check=False).strip() == "yes"
