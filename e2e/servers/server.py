"""One server in a namespace: a Service, behind it one pod that meets the strictest pod standard, on folders of this machine."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster import Cluster, Timeout, wait_for
from cluster.kubectl import Object, dig
from cluster.progress import run_testbed
from servers.tls import Authority

READY_SECONDS = 120


@dataclass(frozen=True)
class Program:
    """What runs in the pod. `folders` are mounted from claims of the same name; `{address}` in arguments is the Service's."""

    name: str
    image: str  # a recipe of the testbed
    reference: str
    port: int
    probe: str
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # beside the certificate in /tls
    memory: str = "64Mi"
    tls: bool = True


class Server:
    def __init__(self, cluster: Cluster, namespace: str, program: Program) -> None:
        """The Service exists from here on, and with it the address; `start` brings the pod."""
        self.cluster, self.namespace, self.program = cluster, namespace, program
        self.authority = Authority.of_machine()
        self.folders = {claim: self._folder(claim) for claim in program.folders}
        self.address = self.add_address(program.name)

    def _folder(self, claim: str) -> Path:
        """Empty: a namespace of this name may have stood on it before."""
        out = self.cluster.testbed("volume", "--claim", claim, "--namespace", self.namespace)
        folder = Path(out.strip().splitlines()[-1])
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return folder

    def add_address(self, name: str) -> str:
        """A Service by which the pod is reached; another one is another host to its clients."""
        spec = {"selector": {"server": self.program.name}, "ports": [{"port": self.program.port}]}
        self.cluster.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": self.namespace}, "spec": spec})
        return str(dig(self.cluster.get("service", name, self.namespace), "spec.clusterIP"))

    @property
    def url(self) -> str:
        return self.url_of(self.address)

    def url_of(self, address: str) -> str:
        return f"http{'s' if self.program.tls else ''}://{address}:{self.program.port}"

    def start(self, *other_addresses: str) -> None:
        """Returns when it answers its probe."""
        run_testbed("load-image", "--name", self.cluster.name, self.program.image)
        files = dict(self.program.files)
        if self.program.tls:
            files |= self.authority.certificate(self.address, *other_addresses)
        self.cluster.apply(secret(self.namespace, f"{self.program.name}-tls", files), self._deployment())
        self.wait()

    def stop(self) -> None:
        self._scale(0)
        wait_for(f"{self.program.name} to stop", lambda: not self._pods())

    def start_again(self) -> None:
        self._scale(1)
        self.wait()

    def log(self) -> str:
        return self.cluster.kubectl("-n", self.namespace, "logs", f"deployment/{self.program.name}")

    def wait(self) -> None:
        def so() -> bool:
            found = self.cluster.get("deployment", self.program.name, self.namespace)
            return (dig(found, "status.observedGeneration"), dig(found, "status.readyReplicas")) == (dig(found, "metadata.generation"), 1)

        try:
            wait_for(f"{self.program.name} of {self.namespace} to answer", lambda: so() or None, READY_SECONDS)
        except Timeout as problem:
            raise Timeout(f"{problem}; {self._why_not()}") from None

    def _scale(self, replicas: int) -> None:
        self.cluster.kubectl("-n", self.namespace, "scale", f"deployment/{self.program.name}", f"--replicas={replicas}")

    def _pods(self) -> list[Object]:
        return self.cluster.list("pods", self.namespace, f"server={self.program.name}")

    def _why_not(self) -> str:
        states = [dig(status, "state", {}) for pod in self._pods() for status in dig(pod, "status.containerStatuses", [])]
        return f"state {states}, log {self.log()[-300:]!r}" if states else "no container yet"

    def _deployment(self) -> Object:
        labels = {"server": self.program.name}
        pod = {"metadata": {"labels": labels}, "spec": self._pod()}
        spec = {"replicas": 1, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": labels}, "template": pod}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": self.program.name, "namespace": self.namespace}, "spec": spec}

    def _pod(self) -> Object:
        one = self.program
        mounts = [{"name": claim, "mountPath": path} for claim, path in one.folders.items()]
        volumes: list[Any] = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in one.folders]
        http = {"path": one.probe, "port": one.port, "scheme": "HTTPS" if one.tls else "HTTP"}
        container = {
            "name": one.name,
            "image": one.reference,
            "imagePullPolicy": "Never",
            "args": [word.replace("{address}", self.address) for word in one.args],
            "env": [{"name": key, "value": value} for key, value in one.env.items()],
            "resources": {"requests": {"cpu": "20m", "memory": one.memory}},
            "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [*mounts, {"name": "tls", "mountPath": "/tls", "readOnly": True}, {"name": "tmp", "mountPath": "/tmp"}],
            "readinessProbe": {"httpGet": http, "periodSeconds": 1, "timeoutSeconds": 5},
        }
        return {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 2,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [*volumes, {"name": "tls", "secret": {"secretName": f"{one.name}-tls"}}, {"name": "tmp", "emptyDir": {}}],
        }


def secret(namespace: str, name: str, values: Mapping[str, str]) -> Object:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data}
