"""Pods as scrape targets: Debian's Prometheus has no discovery of Kubernetes, so it asks this program over HTTP.

`python3 -m testbed.discovery KUBECONFIG PORT`: answers what kubernetes_sd would find with role `pod`, as far as relabelling needs it.
"""

from __future__ import annotations

import base64
import http.server
import json
import ssl
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

SELECTOR = "app.kubernetes.io/managed-by=millrace"


def targets(pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One group for each declared port of each pod that has an address."""
    return [
        {"targets": [f"{pod['status']['podIP']}:{port['containerPort']}"], "labels": labels(pod, container, port)}
        for pod in pods
        if pod.get("status", {}).get("podIP")
        for container in pod["spec"]["containers"]
        for port in container.get("ports", [])
    ]


def labels(pod: dict[str, Any], container: dict[str, Any], port: dict[str, Any]) -> dict[str, str]:
    values = {
        "namespace": pod["metadata"]["namespace"],
        "pod_name": pod["metadata"]["name"],
        "pod_phase": pod["status"].get("phase", ""),
        "pod_container_name": container["name"],
        "pod_container_port_name": port.get("name", ""),
    }
    return {f"__meta_kubernetes_{name}": value for name, value in values.items()}


class Pods:
    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.url = f"{cluster['server']}/api/v1/pods?labelSelector={SELECTOR.replace('/', '%2F').replace('=', '%3D')}&resourceVersion=0"
        self.context = ssl.create_default_context(cadata=_text(cluster["certificate-authority-data"]))
        with tempfile.NamedTemporaryFile("w") as pair:  # ssl reads them from a file only
            pair.write(_text(user["client-certificate-data"]) + _text(user["client-key-data"]))
            pair.flush()
            self.context.load_cert_chain(pair.name)

    def list(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(self.url, context=self.context, timeout=5) as answer:
            found: list[dict[str, Any]] = json.loads(answer.read())["items"]
        return found


def _text(data: str) -> str:
    return base64.b64decode(data).decode()


def serve(pods: Pods, port: int) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body, code = json.dumps(targets(pods.list())).encode(), 200
            except OSError as problem:  # Prometheus keeps the targets that it has
                body, code = str(problem).encode(), 503
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(Pods(Path(sys.argv[1])), int(sys.argv[2]))
