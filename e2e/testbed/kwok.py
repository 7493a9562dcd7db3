"""Fake nodes: everything but real pods, and no root. Stages say what such a node and its pods do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from testbed.cluster import Cluster
from testbed.tools import ensure_tool

_STAGES = Path(__file__).parent / "stages"
_OPTIONS = """apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options: {podPlayStageParallelism: 16, nodePlayStageParallelism: 4, nodeLeaseParallelism: 4}
"""


def stages() -> str:
    """Its options, its own stages of nodes and of deletion, and ours of pods."""
    own = indented((_STAGES / "pods.yaml").read_text(), (_STAGES / "message.tpl").read_text())
    shipped = sorted((ensure_tool("kwok") / "stages").glob("*.yaml"))
    return "\n---\n".join([_OPTIONS, *(path.read_text() for path in shipped), own])


def indented(template: str, message: str) -> str:
    """Puts the message's template where its name stands, at the depth where it stands."""
    lines: list[str] = []
    for line in template.splitlines():
        depth = line[: len(line) - len(line.lstrip())]
        lines += [depth + part for part in message.splitlines()] if line.strip() == "@MESSAGE@" else [line]
    return "\n".join(lines) + "\n"


def node() -> dict[str, Any]:
    room = {"cpu": "1k", "memory": "1Ti", "ephemeral-storage": "1Pi", "pods": "100k"}
    labels = {"kubernetes.io/hostname": "node1", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "type": "kwok"}
    metadata = {"name": "node1", "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": {"capacity": room, "allocatable": room}}


def ensure_nodes(cluster: Cluster) -> None:
    if not cluster.answers("get", "node", "node1"):
        cluster.kubectl("create", "-f", "-", stdin=json.dumps(node()))
