"""The configuration files of the components, rendered: pure functions from paths to text."""

from __future__ import annotations

import json
from typing import Any

from testbed.network import DNS_SERVICE_IP, NODE_IP, NODE_POD_CIDR, POD_CIDR
from testbed.paths import ClusterPaths

PAUSE_IMAGE = "docker.io/millrace/pause:1"
NODE_NAME = "node1"


def containerd_toml(paths: ClusterPaths) -> str:
    run = paths.root
    return f"""version = 2
root = "{run}/containerd/root"
state = "{run}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "{paths.containerd_socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{run}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  # Without it every pod fails on a host that forbids lowering oom_score_adj.
  restrict_oom_score_adj = true
  sandbox_image = "{PAUSE_IMAGE}"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{run}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
"""


def cni_conflist(paths: ClusterPaths) -> str:
    ranges = [[{"subnet": NODE_POD_CIDR}]]
    ipam = {"type": "host-local", "dataDir": f"{paths.root}/cni-data", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]}
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "hairpinMode": True, "ipam": ipam}
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": paths.netns, "plugins": [bridge, portmap]}, indent=1)


def kubelet_config(paths: ClusterPaths) -> str:
    run = paths.root
    config: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        # A kubelet removes pod cgroups that it does not know: each cluster has a tree of its own.
        "cgroupRoot": f"/{paths.cgroup}",
        "podLogsDir": f"{run}/pod-logs",
        "volumePluginDir": f"{run}/volume-plugins",
        "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}, "x509": {"clientCAFile": f"{paths.pki}/ca.crt"}},
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{paths.containerd_socket}",
        "tlsCertFile": f"{paths.pki}/kubelet.crt",
        "tlsPrivateKeyFile": f"{paths.pki}/kubelet.key",
        "failSwapOn": False,
        "address": NODE_IP,
        "readOnlyPort": 0,
        "resolvConf": "",
        "clusterDNS": [DNS_SERVICE_IP],
        "clusterDomain": "cluster.local",
        "serializeImagePulls": False,
        # Image garbage collection would remove what no registry can bring back.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%"},
        "registerNode": True,
        "maxPods": 200,
    }
    return json.dumps(config, indent=1)


def proxy_config(paths: ClusterPaths) -> str:
    config = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": f"{paths.root}/kube-proxy.kubeconfig"},
        "mode": "iptables",
        "clusterCIDR": POD_CIDR,
        "hostnameOverride": NODE_NAME,
        # These sysctls belong to the host and cannot be written from a network namespace.
        "conntrack": {"maxPerCore": 0, "min": 0},
        "iptables": {"minSyncPeriod": "0s", "syncPeriod": "30s"},
    }
    return json.dumps(config, indent=1)


def audit_policy() -> str:
    """Every request once, at the level that tells who did what to which object; watches at their start and end."""
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}
    return json.dumps(policy, indent=1)


def proxy_binding() -> str:
    """The proxy's user is no service account, so it needs its role by name."""
    return json.dumps(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "testbed-kube-proxy"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:node-proxier"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:kube-proxy"}],
        }
    )
