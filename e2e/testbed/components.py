"""The command lines of the components. One list serves a real node and kwok; only addresses and ports differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from testbed.config import NODE_NAME
from testbed.network import API_PORT, NODE_IP, POD_CIDR, SERVICE_CIDR, netns_path
from testbed.paths import ClusterPaths
from testbed.processes import Component

# With fake nodes nothing but the API server is to be waited for: no client limits itself.
_UNTHROTTLED = ["--kube-api-qps=1000", "--kube-api-burst=2000"]
_MANY_AT_ONCE = [f"--concurrent-{kind}-syncs=20" for kind in ("deployment", "replicaset", "job", "endpoint", "service-endpoint")]


@dataclass(frozen=True)
class Ports:
    """The TCP ports of one control plane. Inside a network namespace they may be the same for every cluster."""

    api: int = API_PORT
    etcd: int = 2379
    etcd_peer: int = 2380
    controller_manager: int = 10257
    scheduler: int = 10259
    kwok: int = 10247


def etcd(paths: ClusterPaths, programs: Path, ports: Ports, netns: Path | None) -> Component:
    client = f"http://127.0.0.1:{ports.etcd}"
    peer = f"http://127.0.0.1:{ports.etcd_peer}"
    argv = [
        f"{programs}/etcd",
        f"--data-dir={paths.root}/etcd",
        "--unsafe-no-fsync",
        "--log-level=warn",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
    ]
    return Component("etcd", argv, netns)


def apiserver(paths: ClusterPaths, programs: Path, ports: Ports, netns: Path | None) -> Component:
    address = NODE_IP if netns else "127.0.0.1"
    pki = paths.pki
    argv = [
        f"{programs}/kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{ports.etcd}",
        f"--secure-port={ports.api}",
        f"--tls-cert-file={pki}/kube-apiserver.crt",
        f"--tls-private-key-file={pki}/kube-apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki}/sa.key",
        f"--service-account-signing-key-file={pki}/sa.key",
        f"--service-cluster-ip-range={SERVICE_CIDR}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--audit-policy-file={paths.root}/audit-policy.json",
        f"--audit-log-path={paths.audit_log}",
        "--audit-log-maxsize=4096",
        f"--cert-dir={paths.root}/apiserver-certs",
    ]
    if netns:
        argv += [
            f"--advertise-address={address}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-client-certificate={pki}/admin.crt",
            f"--kubelet-client-key={pki}/admin.key",
            f"--kubelet-certificate-authority={pki}/ca.crt",
        ]
    else:
        # The endpoints of the `kubernetes` Service may not be loopback: kwok's cluster does without them.
        argv += [f"--bind-address={address}", "--endpoint-reconciler-type=none"]
    return Component("kube-apiserver", argv, netns)


def controller_manager(paths: ClusterPaths, programs: Path, ports: Ports, netns: Path | None) -> Component:
    config = f"{paths.root}/kube-controller-manager.kubeconfig"
    argv = [
        f"{programs}/kube-controller-manager",
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        f"--service-account-private-key-file={paths.pki}/sa.key",
        f"--root-ca-file={paths.pki}/ca.crt",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--allocate-node-cidrs",
        f"--cluster-cidr={POD_CIDR}",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.controller_manager}",
        f"--cert-dir={paths.root}/kube-controller-manager-certs",
        *([] if netns else _UNTHROTTLED + _MANY_AT_ONCE),
    ]
    return Component("kube-controller-manager", argv, netns)


def scheduler(paths: ClusterPaths, programs: Path, ports: Ports, netns: Path | None) -> Component:
    config = f"{paths.root}/kube-scheduler.kubeconfig"
    argv = [
        f"{programs}/kube-scheduler",
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={ports.scheduler}",
        f"--cert-dir={paths.root}/kube-scheduler-certs",
        *([] if netns else _UNTHROTTLED),
    ]
    return Component("kube-scheduler", argv, netns)


def containerd(paths: ClusterPaths, netns: Path | None) -> Component:
    return Component("containerd", ["containerd", "-c", f"{paths.root}/containerd.toml"], netns)


def kubelet(paths: ClusterPaths, programs: Path, netns: Path | None) -> Component:
    argv = [
        f"{programs}/kubelet",
        f"--config={paths.root}/kubelet.json",
        f"--kubeconfig={paths.root}/kubelet.kubeconfig",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE_IP}",
        f"--root-dir={paths.root}/kubelet",
        f"--cert-dir={paths.root}/kubelet-certs",
    ]
    return Component("kubelet", argv, netns)


def proxy(paths: ClusterPaths, programs: Path, netns: Path | None) -> Component:
    return Component("kube-proxy", [f"{programs}/kube-proxy", f"--config={paths.root}/kube-proxy.json"], netns)


def kwok(paths: ClusterPaths, programs: Path, ports: Ports) -> Component:
    argv = [
        f"{programs}/kwok",
        f"--kubeconfig={paths.root}/kwok.kubeconfig",
        f"--config={paths.root}/kwok.yaml",
        "--manage-all-nodes=true",
        "--cidr=10.244.0.0/16",
        "--node-ip=10.250.0.1",
        f"--server-address=127.0.0.1:{ports.kwok}",
        # Without a lease the node is taken for dead every 50 s, and its pods for not ready.
        "--node-lease-duration-seconds=40",
    ]
    return Component("kwok", argv)


def netns_of(paths: ClusterPaths, nodes: str) -> Path | None:
    return netns_path(paths) if nodes == "real" else None
