"""The operator as a process behind a proxy, instead of the one in the cluster."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import testbed.cluster
from bench import release
from cluster import operator
from cluster.audit import AuditLog, Request
from cluster.kubectl import Cluster
from faults.ends import made_twice
from faults.exchange import Upstream
from faults.host import HostOperator
from faults.proxy import Proxy
from faults.schedule import Schedule
from servers.tls import Authority
from testbed import images
from testbed.network import NODE_IP
from testbed.paths import cluster_paths

_TIME_TO_LIVE = "system:serviceaccount:kube-system:ttl-after-finished-controller"


@functools.cache
def certificate() -> Path:
    """Chain and key of what listens on loopback, by an authority that has been valid for years, whatever a clock says."""
    folder = Path(tempfile.mkdtemp(prefix="millrace-proxy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "proxy.pem"
    file.write_text("".join(Authority.of_machine().certificate("127.0.0.1").values()))
    return file


def proxy_of(cluster: Cluster, schedule: Schedule | None = None) -> Proxy:
    one = testbed.cluster.load(cluster.name)
    upstream = Upstream(NODE_IP, one.ports.api, one.paths.pki / "ca.crt")
    return Proxy(one.netns, upstream, certificate(), schedule)


def program(cluster: Cluster) -> Path:
    """Out of the operator's image, for this cluster alone: other workers write theirs."""
    path = cluster_paths(cluster.name).root / "millrace"
    path.unlink(missing_ok=True)
    path.write_bytes(release.file_of(images.archive_file("operator"), release.PROGRAM))
    path.chmod(0o755)
    return path


@contextmanager
def operator_behind(cluster: Cluster, proxy: Proxy, name: str = "behind", environment: dict[str, str] | None = None) -> Iterator[HostOperator]:
    """The cluster's own operator is away inside."""
    host = HostOperator(cluster, name, program(cluster), proxy.url, Authority.of_machine().file, environment)
    with operator.stopped(cluster), host:
        yield host


class Asked:
    """What the operators asked for in a namespace, from now on."""

    def __init__(self, cluster: Cluster) -> None:
        self.began = time.time()
        self._log = AuditLog(cluster_paths(cluster.name).audit_log)

    def all(self, namespace: str = "") -> list[Request]:
        return [one for one in self._log.requests(self.began) if one.user == operator.USER and namespace in ("", one.namespace)]

    def writes(self, namespace: str = "") -> list[Request]:
        return [one for one in self.all(namespace) if one.writes]

    def made_twice(self, namespace: str) -> list[str]:
        expired = [one for one in self._log.requests(self.began) if one.user == _TIME_TO_LIVE and one.namespace == namespace and one.verb == "delete"]
        return made_twice(self.writes(namespace), expired)
