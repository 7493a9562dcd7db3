"""A cluster's life: up brings every part that is missing, down leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from testbed import cleanup, components, config, extras, images, locks, network, packages, pki, processes
from testbed.components import Ports
from testbed.paths import ClusterPaths, cluster_paths
from testbed.processes import Component
from testbed.shell import TestbedError, run, say, tail_of, wait_for, works
from testbed.tools import built_tools_path, ensure_tool

START_SECONDS = 120.0


@dataclass(frozen=True)
class Cluster:
    paths: ClusterPaths
    nodes: str  # "real" or "kwok"
    ports: Ports
    extras: tuple[str, ...] = ()  # of extras.EXTRAS

    @property
    def netns(self) -> Path | None:
        return components.netns_of(self.paths, self.nodes)

    @property
    def server(self) -> str:
        return f"https://{network.NODE_IP if self.nodes == 'real' else '127.0.0.1'}:{self.ports.api}"

    def inside(self, argv: list[str]) -> list[str]:
        """The command line that runs `argv` in the cluster's network."""
        return [*(["nsenter", f"--net={self.netns}"] if self.netns else []), *argv]

    def environment(self) -> dict[str, str]:
        env = processes.environment()
        return {**env, "KUBECONFIG": str(self.paths.kubeconfig), "PATH": built_tools_path(), "MILLRACE_CLUSTER": self.paths.name}

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        return run(self.inside(["kubectl", *words]), env=self.environment(), stdin=stdin, timeout=300)

    def answers(self, *words: str) -> bool:
        return works(self.inside(["kubectl", "--request-timeout=5s", *words]), env=self.environment())

    def reaches(self, address: str, port: int) -> bool:
        """Somebody listens there."""
        return works(self.inside(["bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}"]))


def load(name: str) -> Cluster:
    paths = cluster_paths(name)
    try:
        noted = json.loads((paths.root / "cluster.json").read_text())
    except OSError:
        raise TestbedError(f"there is no cluster {name!r}; `testbed up --name {name}` makes one") from None
    return Cluster(paths, noted["nodes"], Ports(**noted["ports"]), tuple(noted.get("extras", [])))


def locked(paths: ClusterPaths) -> AbstractContextManager[None]:
    """One `up` or `down` per cluster at a time."""
    return locks.locked(paths.root.parent / f".{paths.name}.lock", f"brings cluster {paths.name} up or down")


def free_ports() -> Ports:
    """Loopback ports that were free just now; a kwok cluster shares the host's network and keeps them for life."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
    numbers = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return Ports(*numbers)


def up(name: str, nodes: str | None, more: Sequence[str] = ()) -> Cluster:
    """`more`: extras that it shall have from now on."""
    start = time.monotonic()
    paths = cluster_paths(name)
    with locked(paths):
        cluster = _load_or_new(paths, nodes)
        cluster = replace(cluster, extras=tuple(sorted({*cluster.extras, *more})))
        extras.check(cluster.extras, cluster.nodes)
        missing = [name for name in component_names(cluster) if processes.pid_of(paths.root, name) is None]
        if not missing and cluster.answers("get", "--raw", "/readyz") and _node_ready(cluster):
            say(f"cluster {name} is up already ({time.monotonic() - start:.1f} s)")
            return cluster
        _bring_up(cluster)
    say(f"cluster {name} is up: {time.monotonic() - start:.1f} s")
    return cluster


def _load_or_new(paths: ClusterPaths, nodes: str | None) -> Cluster:
    if not (paths.root / "cluster.json").exists():
        kind = nodes or "real"
        return Cluster(paths, kind, Ports() if kind == "real" else free_ports())
    cluster = load(paths.name)
    if nodes and nodes != cluster.nodes:
        raise TestbedError(f"cluster {paths.name} has {cluster.nodes} nodes, not {nodes}; `testbed down --name {paths.name}` first")
    return cluster


def wanted(cluster: Cluster, programs: Path, kwok_programs: Path = Path()) -> list[Component]:
    """All components in the order in which they start."""
    paths, ports, netns = cluster.paths, cluster.ports, cluster.netns
    plane = [f(paths, programs, ports, netns) for f in (components.etcd, components.apiserver, components.controller_manager, components.scheduler)]
    if cluster.nodes == "kwok":
        return [*plane, components.kwok(paths, kwok_programs, ports)]
    node = [components.kubelet(paths, programs, netns), components.proxy(paths, programs, netns)]
    return [components.containerd(paths, netns), *plane, *node]


def component_names(cluster: Cluster) -> list[str]:
    return [*(component.name for component in wanted(cluster, Path())), *extras.component_names(cluster.extras)]


def _bring_up(cluster: Cluster) -> None:
    real = cluster.nodes == "real"
    if real and os.geteuid() != 0:
        raise TestbedError("real nodes need root; `--nodes kwok` does not")
    packages.ensure(packages.NODE if real else packages.CONTROL_PLANE)
    programs = ensure_tool("kubernetes")
    kwok_programs = Path() if real else ensure_tool("kwok")
    if real:
        images.build(["pause"])
        network.ensure_netns(cluster.paths)
        cleanup.make_cgroups(cluster.paths.cgroup)
    _write_files(cluster)
    for component in wanted(cluster, programs, kwok_programs):
        if processes.pid_of(cluster.paths.root, component.name) is None:
            processes.start(cluster.paths.root, component)
        _after_start(cluster, component.name)
    _wait_ready(cluster)
    extras.start(cluster)


def _after_start(cluster: Cluster, component: str) -> None:
    """What must stand before the next component makes sense."""
    if component == "kube-apiserver":
        _wait(cluster, "the API server", component, lambda: cluster.answers("get", "--raw", "/readyz"))
        if cluster.nodes == "real":
            cluster.kubectl("apply", "-f", "-", stdin=config.proxy_binding())
    if component == "containerd":
        ctr = ["ctr", "-a", str(cluster.paths.containerd_socket), "version"]
        _wait(cluster, "containerd", component, lambda: works(ctr))
        images.load(cluster.paths, ["pause"])


def _wait(cluster: Cluster, what: str, component: str, ready: Callable[[], bool]) -> None:
    def alive_and_ready() -> bool:
        if processes.pid_of(cluster.paths.root, component) is None:
            raise TestbedError(f"{component} ended; the end of {cluster.paths.log(component)}:\n{tail_of(cluster.paths.log(component))}")
        return ready()

    wait_for(what, alive_and_ready, START_SECONDS, why_not=lambda: tail_of(cluster.paths.log(component), 1))


def _wait_ready(cluster: Cluster) -> None:
    if cluster.nodes == "kwok":
        from testbed import kwok

        kwok.ensure_nodes(cluster)
    _wait(cluster, "a ready node", "kubelet" if cluster.nodes == "real" else "kwok", lambda: _node_ready(cluster))
    wait_for("the default service account", lambda: cluster.answers("get", "serviceaccount", "default"), START_SECONDS)


def _node_ready(cluster: Cluster) -> bool:
    if not cluster.answers("get", "nodes"):
        return False
    return '"Ready":"True"' in cluster.kubectl("get", "nodes", "-o", _READY)


_READY = 'jsonpath={range .items[*].status.conditions[*]}"{.type}":"{.status}"{"\\n"}{end}'


def _write_files(cluster: Cluster) -> None:
    paths, real = cluster.paths, cluster.nodes == "real"
    for folder in ("logs", "cni", "pod-logs", "volumes", "volume-plugins"):
        (paths.root / folder).mkdir(parents=True, exist_ok=True)
    pki.ensure_pki(paths.pki, network.NODE_IP if real else "127.0.0.1", network.API_SERVICE_IP)
    pki.write_kubeconfigs(paths.pki, paths.root, cluster.server)
    files = {"audit-policy.json": config.audit_policy()}
    if real:
        files |= {
            "containerd.toml": config.containerd_toml(paths),
            "cni/10-pods.conflist": config.cni_conflist(paths),
            "kubelet.json": config.kubelet_config(paths),
            "kube-proxy.json": config.proxy_config(paths),
        }
    else:
        from testbed import kwok

        files["kwok.yaml"] = kwok.stages()
    for name, text in files.items():
        (paths.root / name).write_text(text)
    noted = {"nodes": cluster.nodes, "ports": asdict(cluster.ports), "extras": cluster.extras}
    (paths.root / "cluster.json").write_text(json.dumps(noted, indent=1))


def down(name: str) -> None:
    """Ends everything of the cluster, also of one that was left half up, and removes its folder."""
    start = time.monotonic()
    paths = cluster_paths(name)
    with locked(paths):
        nodes = load(name).nodes if (paths.root / "cluster.json").exists() else "real"
        if not paths.root.exists() and not network.netns_path(paths).exists():
            say(f"cluster {name} is not there")
            return
        for component in (*extras.component_names(tuple(extras.EXTRAS)), "kubelet", "kube-proxy", "kwok", "kube-scheduler", "kube-controller-manager"):
            processes.stop(paths.root, component)
        if nodes == "real" and os.geteuid() == 0:
            cleanup.end_containers(paths)
        for component in ("containerd", "kube-apiserver", "etcd"):
            processes.stop(paths.root, component)
        if nodes == "real" and os.geteuid() == 0:
            cleanup.end_leftovers(paths)
        if paths.root.exists():
            shutil.rmtree(paths.root)
    say(f"cluster {name} is down: {time.monotonic() - start:.1f} s")
