"""The audit log as facts: who asked the API server for what, each request once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Request:
    at: float  # seconds since the epoch when the server received it
    user: str
    agent: str
    verb: str
    resource: str  # plural, with its subresource: "deployments", "inferenceservices/status"
    namespace: str
    name: str
    code: int
    pod: str = ""  # whose token it was; else empty
    credential: str = ""  # "JTI=…" of a service account's token

    @property
    def writes(self) -> bool:
        return self.verb in WRITES

    @property
    def made(self) -> bool:
        """An object that was not there before."""
        return self.code == 201 and self.verb in ("create", "patch") and "/" not in self.resource

    @property
    def what(self) -> str:
        return f"{self.verb} {self.resource}"


class AuditLog:
    """Reads on from where the last reading ended, so that a long log is parsed once."""

    def __init__(self, path: Path, agent: str = "") -> None:
        """`agent`: only requests of programs whose user agent begins so."""
        self._path, self._agent = path, agent
        self._offset = 0
        self._begun: set[str] = set()  # long-running requests are told at their start and at their end
        self._requests: list[Request] = []

    def requests(self, since: float = 0.0, until: float = float("inf")) -> list[Request]:
        self._read_on()
        return [request for request in self._requests if since <= request.at < until]

    def _read_on(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # the server is still writing it
                self._offset += len(line)
                self._note(json.loads(line))

    def _note(self, event: dict[str, Any]) -> None:
        if not event.get("userAgent", "").startswith(self._agent):
            return
        if event["stage"] == "ResponseStarted":
            self._begun.add(event["auditID"])
        elif event["auditID"] in self._begun:
            self._begun.discard(event["auditID"])
            return
        self._requests.append(request_of(event))


def request_of(event: dict[str, Any]) -> Request:
    about = event.get("objectRef", {})
    parts = [about.get("resource", event.get("requestURI", "")), about.get("subresource", "")]
    extra = {key.rsplit("/", 1)[-1]: values for key, values in event.get("user", {}).get("extra", {}).items()}
    return Request(
        at=datetime.fromisoformat(event["requestReceivedTimestamp"]).timestamp(),
        user=event.get("user", {}).get("username", ""),
        agent=event.get("userAgent", ""),
        verb=event.get("verb", ""),
        resource="/".join(part for part in parts if part),
        namespace=about.get("namespace", ""),
        name=about.get("name", ""),
        code=event.get("responseStatus", {}).get("code", 0),
        pod=next(iter(extra.get("pod-name", [])), ""),
        credential=next(iter(extra.get("credential-id", [])), ""),
    )


def counts(requests: Iterable[Request]) -> Counter[str]:
    """By verb and resource: "patch deployments/scale"."""
    return Counter(request.what for request in requests)


def table(requests: Iterable[Request]) -> str:
    """Writes by the kind of object and the kind of write, beside the number of objects that they went to."""
    rows: dict[str, Counter[str]] = {}
    objects: dict[str, set[tuple[str, str]]] = {}
    for request in requests:
        kind, _, subresource = request.resource.partition("/")
        verb = f"{request.verb}/{subresource}" if subresource else request.verb
        rows.setdefault(kind, Counter())[verb if request.code < 400 else "refused"] += 1
        objects.setdefault(kind, set()).add((request.namespace, request.name))
    verbs = sorted({verb for row in rows.values() for verb in row})
    out = [f"{'':20}{'objects':>9}" + "".join(f"{verb:>15}" for verb in verbs) + f"{'writes':>9}{'each':>7}"]
    for kind, row in sorted(rows.items()):
        of = len(objects[kind])
        out.append(f"{kind:20}{of:>9}" + "".join(f"{row[verb]:>15}" for verb in verbs) + f"{row.total():>9}{row.total() / of:>7.1f}")
    return "\n".join(out)
