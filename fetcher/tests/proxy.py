"""A proxy before a real server, which cuts."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Proxy:
    """Passes `let` requests on, then none any more. `deaf`: the next one still reaches the server, its answer is
    lost. `at_cut` happens instead of an answer; `host` is told to the server as Host header; `instead` may answer a
    request itself."""

    url: str
    upstream: str
    host: str | None = None
    let: int = 1 << 30
    deaf: bool = False
    at_cut: Callable[[], None] = lambda: None
    instead: Callable[[BaseHTTPRequestHandler], Answer | None] = lambda handler: None
    seen: list[str] = field(default_factory=list)

    def passes(self, request: str) -> tuple[bool, bool]:
        """Whether it reaches the server, and whether the answer comes back."""
        self.seen.append(request)
        number = len(self.seen)
        return number <= self.let + self.deaf, number <= self.let


def _forward(proxy: Proxy, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
    headers = {name: value for name, value in handler.headers.items() if name.lower() != "expect"}
    if proxy.host is not None:
        headers["Host"] = proxy.host
    connection = http.client.HTTPConnection(urlsplit(proxy.upstream).netloc)
    try:
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        raw = answer.read()
        return answer.status, [pair for pair in answer.getheaders() if pair[0].lower() != "transfer-encoding"], raw
    finally:
        connection.close()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            reaches, comes_back = proxy.passes(f"{self.command} {self.path}")
            own = proxy.instead(self)
            answer = own or (_forward(proxy, self, body) if reaches else None)
            if answer is None or not comes_back:
                proxy.at_cut()
                self.close_connection = True
                return
            status, headers, raw = answer
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            if not any(name.lower() == "content-length" for name, _ in headers):
                self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


@contextmanager
def proxied(upstream: str) -> Iterator[Proxy]:
    proxy = Proxy("", upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield proxy
    server.shutdown()
    server.server_close()
