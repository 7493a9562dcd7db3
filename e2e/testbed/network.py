"""The network namespace of a cluster with a real node. The host's own network is not touched."""

from __future__ import annotations

from pathlib import Path

from testbed.paths import ClusterPaths
from testbed.shell import run, works

NODE_IP = "10.250.0.1"
POD_CIDR = "10.244.0.0/16"
NODE_POD_CIDR = "10.244.0.0/24"
SERVICE_CIDR = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"
DNS_SERVICE_IP = "10.96.0.10"
API_PORT = 6443


def netns_path(paths: ClusterPaths) -> Path:
    return Path("/run/netns") / paths.netns


def ensure_netns(paths: ClusterPaths) -> None:
    """A bridge holds the node's address, since not every kernel has a dummy device, and the default route:
    without one the kubelet finds no address and kube-proxy drops what leaves by it."""
    name = paths.netns
    if not netns_path(paths).exists():
        run(["ip", "netns", "add", name])
    run(["ip", "-n", name, "link", "set", "lo", "up"])
    if not works(["ip", "-n", name, "link", "show", "node0"]):
        run(["ip", "-n", name, "link", "add", "node0", "type", "bridge"])
    run(["ip", "-n", name, "addr", "replace", f"{NODE_IP}/24", "dev", "node0"])
    run(["ip", "-n", name, "link", "set", "node0", "up"])
    run(["ip", "-n", name, "route", "replace", "default", "dev", "node0"])


def remove_netns(paths: ClusterPaths) -> None:
    if netns_path(paths).exists():
        run(["ip", "netns", "del", paths.netns])
