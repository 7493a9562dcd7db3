"""An operator's process, and an API server of a few lines that it is content with."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PATIENCE = 30.0
END = {"metadata": {"resourceVersion": "9", "annotations": {"k8s.io/initial-events-end": "true"}}}


class ApiServer(ThreadingHTTPServer):
    """Has no object but a Lease; without its answers about that nobody gets on."""

    daemon_threads = True

    def __init__(self, silent: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.silent, self.closing, self.asked, self.led = silent, threading.Event(), threading.Event(), threading.Event()
        self.lease: dict[str, Any] | None = None
        self.version = 10

    def store(self, lease: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        lease["metadata"]["resourceVersion"] = str(self.version)
        self.lease = lease
        self.led.set()
        return lease


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApiServer

    def answer(self, code: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        if "watch=true" in self.path:
            line = json.dumps({"type": "BOOKMARK", "object": END}).encode() + b"\n"
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
            self.server.closing.wait(PATIENCE)
            self.close_connection = True
        elif "/leases/" in self.path:
            self.server.asked.set()
            if self.server.silent:
                self.server.closing.wait(PATIENCE)
            if self.server.lease is not None:
                return self.answer(200, self.server.lease)
            self.answer(404, {"kind": "Status", "code": 404, "reason": "NotFound"})
        else:
            self.answer(404, {"kind": "Status", "code": 404, "reason": "NotFound"})

    def do_POST(self) -> None:
        self.answer(201, self.server.store(self.body()))

    def do_PUT(self) -> None:
        self.answer(200, self.server.store(self.body()))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(program: Path, folder: Path, silent: bool = False, bind: str = "127.0.0.1:0") -> Iterator[tuple[ApiServer, subprocess.Popen[bytes]]]:
    server = ApiServer(silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = folder / "kubeconfig"
    config.write_text(
        json.dumps(
            {
                "current-context": "x",
                "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
                "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_address[1]}"}}],
                "users": [{"name": "x", "user": {"token": "t"}}],
            }
        )
    )
    line: list[str | Path] = [program, "run", f"--kubeconfig={config}", f"--bind={bind}", "--lease-namespace=ops"]
    process = subprocess.Popen(line, stderr=subprocess.DEVNULL)
    try:
        yield server, process
    finally:
        process.kill()
        process.wait()
        server.closing.set()
        server.shutdown()
