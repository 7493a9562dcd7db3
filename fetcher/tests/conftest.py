"""A task runner, and a real web server with a certificate of its own."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from millrace_fetcher import cli, http, report

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_secrets", set())
    monkeypatch.setattr(http.Client.__init__, "__defaults__", (False, lambda seconds: None))


def perform(verb: str, **members: Any) -> tuple[int, Any]:
    """The exit code and the decoded message of a task."""
    code, raw = cli.perform(verb, json.dumps({"v": 1, **members}))
    assert len(raw) <= (report.LONGEST_ALONE if verb in {"resolve", "recover"} else report.LONGEST)
    return code, json.loads(raw)


def refused(verb: str, **members: Any) -> tuple[int, str]:
    """The exit code and the reason of a task that does not succeed."""
    code, message = perform(verb, **members)
    assert set(message) == {"v", "error"}, message
    assert set(message["error"]) == {"reason", "source", "message"}
    return code, message["error"]["reason"]


@dataclass
class Web:
    """Answers by path; each may be computed from the request."""

    url: str
    ca: str
    pages: dict[str, Callable[[BaseHTTPRequestHandler], Answer]] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = lambda _: (status, named, body)
        return self.url + path

    def redirect(self, path: str, target: str) -> str:
        return self.serve(path, b"", 302, Location=target)

    def secret(self, folder: Path, **keys: str) -> str:
        folder.mkdir()
        for key, value in {"ca.crt": self.ca, **keys}.items():
            (folder / key).write_text(value)
        return str(folder)


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            web.requests.append((self.command, self.path, self.headers.get("Authorization")))
            page = web.pages.get(self.path.partition("?")[0])
            status, headers, body = page(self) if page else (404, {}, b"")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)
            if int({"Content-Length": "0", **headers}["Content-Length"]) > len(body):
                self.close_connection = True

        do_GET = do_HEAD = answer

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


def _server(authority: trustme.CA) -> Iterator[Web]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    web = Web("", authority.cert_pem.bytes().decode())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(web))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    web.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield web
    server.shutdown()
    server.server_close()


@pytest.fixture
def web(authority: trustme.CA) -> Iterator[Web]:
    yield from _server(authority)


@pytest.fixture
def other_web(authority: trustme.CA) -> Iterator[Web]:
    yield from _server(authority)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
