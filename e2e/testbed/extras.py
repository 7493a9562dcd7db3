"""What a cluster with a real node may have besides Kubernetes: a gateway (Traefik) and Prometheus, each a process in its network."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed import packages, pki, processes
from testbed.network import NODE_IP
from testbed.paths import E2E, ClusterPaths
from testbed.processes import Component
from testbed.shell import TestbedError, tail_of, wait_for
from testbed.tools import ensure_tool

if TYPE_CHECKING:
    from testbed.cluster import Cluster

# Name of the extra → the components that are it, in the order in which they start.
EXTRAS = {"gateway": ("traefik",), "prometheus": ("pod-discovery", "prometheus")}
_USERS = {"gateway": "traefik", "prometheus": "prometheus"}  # whose kubeconfig each has

GATEWAY_PORT = 8000
PROMETHEUS_PORT = 9090
_PING_PORT = 8001
_DISCOVERY_PORT = 9089
_GATEWAY_API = "gateway.networking.k8s.io"
_START_SECONDS = 60.0
Document = dict[str, Any]


def check(extras: Sequence[str], nodes: str) -> None:
    if extras and nodes != "real":
        raise TestbedError(f"{' and '.join(extras)}: only on a real node, where there are pods to reach")


def component_names(extras: Sequence[str]) -> list[str]:
    return [name for extra in extras for name in EXTRAS[extra]]


def components(paths: ClusterPaths, extra: str, programs: Path, netns: Path | None) -> list[Component]:
    return [traefik(paths, programs, netns)] if extra == "gateway" else [discovery(paths, netns), prometheus(paths, netns)]


def traefik(paths: ClusterPaths, programs: Path, netns: Path | None) -> Component:
    argv = [
        "env",
        f"KUBECONFIG={paths.root}/traefik.kubeconfig",
        f"{programs}/traefik",
        f"--entrypoints.web.address={NODE_IP}:{GATEWAY_PORT}",
        f"--entrypoints.traefik.address=127.0.0.1:{_PING_PORT}",
        "--ping=true",
        "--providers.kubernetesgateway=true",
        "--providers.providersthrottleduration=100ms",
        # Below the five seconds after which uvicorn, which is MLServer's, closes an idle connection: who reuses one at that moment gets a 502.
        "--serverstransport.forwardingtimeouts.idleconntimeout=2s",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        "--log.level=INFO",
    ]
    return Component("traefik", argv, netns)


def discovery(paths: ClusterPaths, netns: Path | None) -> Component:
    argv = [sys.executable, "-P", f"{E2E}/testbed/discovery.py", f"{paths.root}/prometheus.kubeconfig", str(_DISCOVERY_PORT)]
    return Component("pod-discovery", argv, netns)


def prometheus(paths: ClusterPaths, netns: Path | None) -> Component:
    argv = [
        "prometheus",
        f"--config.file={paths.root}/prometheus.json",
        f"--storage.tsdb.path={paths.root}/prometheus",
        "--storage.tsdb.retention.time=6h",
        f"--web.listen-address={NODE_IP}:{PROMETHEUS_PORT}",
        "--log.level=warn",
    ]
    return Component("prometheus", argv, netns)


def prometheus_config() -> str:
    """Pods of Millrace that have a port named `metrics`, under the labels that kube-prometheus gives."""
    relabel = [
        {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": "metrics", "action": "keep"},
        {"source_labels": ["__meta_kubernetes_pod_phase"], "regex": "Running", "action": "keep"},
        *({"source_labels": [f"__meta_kubernetes_{source}"], "target_label": target} for source, target in _LABELS.items()),
    ]
    pods = {"url": f"http://127.0.0.1:{_DISCOVERY_PORT}", "refresh_interval": "2s"}
    job = {"job_name": "millrace", "http_sd_configs": [pods], "relabel_configs": relabel}
    return json.dumps({"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "scrape_configs": [job]}, indent=1)


_LABELS = {"namespace": "namespace", "pod_name": "pod", "pod_container_name": "container"}


def roles() -> list[Document]:
    """What each may, and no more: Traefik as its documentation has it for the standard channel."""
    kinds = ["gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants", "backendtlspolicies"]
    look = ["get", "list", "watch"]
    gateway = [
        {"apiGroups": [""], "resources": ["namespaces", "services", "secrets", "configmaps"], "verbs": look},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": look},
        {"apiGroups": [_GATEWAY_API], "resources": kinds, "verbs": look},
        {"apiGroups": [_GATEWAY_API], "resources": [f"{kind}/status" for kind in kinds], "verbs": ["update"]},
    ]
    pods = [{"apiGroups": [""], "resources": ["pods"], "verbs": look}]
    return [*_role("traefik", gateway), *_role("prometheus", pods)]


def _role(user: str, rules: list[Document]) -> list[Document]:
    rbac = "rbac.authorization.k8s.io"
    meta = {"name": f"testbed-{user}"}
    subject = {"apiGroup": rbac, "kind": "User", "name": f"testbed:{user}"}
    return [
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": f"testbed-{user}"},
            "subjects": [subject],
        },
    ]


def gateways() -> list[Document]:
    """Gateway `gw` takes routes of all namespaces, `closed` only of its own."""
    api = f"{_GATEWAY_API}/v1"

    def gateway(name: str, allowed: str) -> Document:
        listener = {"name": "http", "port": GATEWAY_PORT, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": allowed}}}
        spec = {"gatewayClassName": "traefik", "listeners": [listener]}
        return {"apiVersion": api, "kind": "Gateway", "metadata": {"name": name, "namespace": "infra"}, "spec": spec}

    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "infra"}},
        {"apiVersion": api, "kind": "GatewayClass", "metadata": {"name": "traefik"}, "spec": {"controllerName": "traefik.io/gateway-controller"}},
        gateway("gw", "All"),
        gateway("closed", "Same"),
    ]


def start(cluster: Cluster) -> None:
    """Each that does not run yet, when the node is ready; returns when they answer."""
    if not cluster.extras:
        return
    users = {_USERS[extra]: f"/CN=testbed:{_USERS[extra]}" for extra in cluster.extras}
    pki.ensure_users(cluster.paths.pki, users, NODE_IP)
    pki.write_kubeconfigs(cluster.paths.pki, cluster.paths.root, cluster.server, users)
    cluster.kubectl("apply", "-f", "-", stdin=_lines(roles()))
    for extra in cluster.extras:
        for component in components(cluster.paths, extra, _prepare(cluster, extra), cluster.netns):
            if processes.pid_of(cluster.paths.root, component.name) is None:
                processes.start(cluster.paths.root, component)
            _wait(cluster, component.name)


def _prepare(cluster: Cluster, extra: str) -> Path:
    """What must be there before it starts; where its program lies."""
    if extra == "prometheus":
        packages.ensure(packages.PROMETHEUS)
        (cluster.paths.root / "prometheus.json").write_text(prometheus_config())
        return Path()
    folder = ensure_tool("traefik")
    cluster.kubectl("apply", "--server-side", "-f", str(folder / "crds"))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(folder / "crds"))
    cluster.kubectl("apply", "-f", "-", stdin=_lines(gateways()))
    return folder


def _wait(cluster: Cluster, name: str) -> None:
    log = cluster.paths.log(name)

    def answers() -> bool:
        if processes.pid_of(cluster.paths.root, name) is None:
            raise TestbedError(f"{name} ended; the end of {log}:\n{tail_of(log)}")
        return _answers(cluster, name)

    wait_for(name, answers, _START_SECONDS, why_not=lambda: tail_of(log, 1))


def _answers(cluster: Cluster, name: str) -> bool:
    if name == "pod-discovery":
        return cluster.reaches("127.0.0.1", _DISCOVERY_PORT)
    if name == "prometheus":
        return cluster.reaches(NODE_IP, PROMETHEUS_PORT)
    programmed = ("-n", "infra", "wait", "--for=condition=Programmed", "--timeout=0s", "gateway/gw")
    return cluster.reaches(NODE_IP, GATEWAY_PORT) and cluster.answers(*programmed)


def _lines(documents: Sequence[Document]) -> str:
    return "\n---\n".join(json.dumps(document) for document in documents)
