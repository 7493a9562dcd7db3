"""The proxy before a server of this process: what each fault makes of a call, and of a watch."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from faults.exchange import Upstream
from faults.http1 import Message
from faults.proxy import Proxy
from faults.schedule import CALL, FAULTS, LONG_FAULTS, WATCH, Schedule, kind_of
from servers.tls import Authority

LINES = [json.dumps({"type": "MODIFIED", "object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": str(n)}}}) for n in (7, 8)]


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path)
        self.answer(b'{"made": true}', 201)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if "watch=true" not in self.path:
            return self.answer(b'{"items": []}', 200)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in LINES:
            self.wfile.write(b"%x\r\n%s\n\r\n" % (len(line) + 1, line.encode()))
        self.wfile.write(b"0\r\n\r\n")

    def answer(self, body: bytes, code: int) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Always(Schedule):
    def __init__(self, fault: str) -> None:
        super().__init__(1)
        self.fault = fault

    def next(self, request: Message) -> str:
        return self.fault


@contextmanager
def behind(fault: str, folder: Path) -> Iterator[tuple[http.client.HTTPSConnection, list[str]]]:
    pem = folder / "server.pem"
    pem.write_text("".join(Authority.of_machine().certificate("127.0.0.1").values()))

    class Handler(Server):
        asked: ClassVar[list[str]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    upstream = Upstream("127.0.0.1", server.server_address[1], Authority.of_machine().file, "127.0.0.1")
    with Proxy(None, upstream, pem, Always(fault) if fault else None) as proxy:
        trust = ssl.create_default_context(cafile=str(Authority.of_machine().file))
        yield http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=20, context=trust), Handler.asked
    server.shutdown()


@pytest.mark.parametrize(
    ("fault", "code", "times"), [("", 201, 1), ("delay", 201, 1), ("twice", 201, 2), ("throttle", 429, 0), ("broken", 500, 0), ("busy", 503, 0),
                                 ("gone", 410, 0), ("page", 200, 0), ("lose_by_error", 500, 1)]
)  # fmt: skip
def test_a_call_is_answered(fault: str, code: int, times: int, tmp_path: Path) -> None:
    with behind(fault, tmp_path) as (client, asked):
        client.request("POST", "/objects", b"{}")
        answer = client.getresponse()
        assert (answer.status, len(asked)) == (code, times)
        assert answer.getheader("Retry-After") == ("1" if fault == "throttle" else None)
        assert answer.read()


@pytest.mark.parametrize(("fault", "times"), [("refuse", 0), ("lose", 1), ("cut", 1)])
def test_a_call_is_cut(fault: str, times: int, tmp_path: Path) -> None:
    with behind(fault, tmp_path) as (client, asked):
        with pytest.raises((OSError, http.client.HTTPException)):
            client.request("POST", "/objects", b"{}")
            client.getresponse().read()
        assert len(asked) == times


@pytest.mark.parametrize(("fault", "lines"), [("", LINES), ("repeat", [one for one in LINES for _ in range(2)]), ("no_bookmarks", LINES), ("late", LINES)])
def test_a_watch_goes_through(fault: str, lines: list[str], tmp_path: Path) -> None:
    with behind(fault, tmp_path) as (client, _):
        client.request("GET", "/objects?watch=true")
        assert client.getresponse().read().decode().splitlines() == lines


def test_a_connection_serves_several_requests_until_it_is_reset(tmp_path: Path) -> None:
    with behind("", tmp_path) as (client, asked):
        for n in range(3):
            client.request("GET", "/objects")
            assert client.getresponse().read() == b'{"items": []}'
            assert len(asked) == n + 1


def test_the_same_seed_is_the_same_schedule_and_all_faults_come() -> None:
    requests = [
        Message(f"{verb} /api/v1/{what}", ()) for verb, what in [("GET", "pods?watch=true"), ("GET", "pods"), ("POST", "pods"), ("PUT", "leases/a")] * 99
    ]
    one, other = Schedule(5), Schedule(5)
    assert [one.next(request) for request in requests] == [other.next(request) for request in requests]
    assert {what.split(" ")[0] for what in one.told} == {*CALL, *WATCH, "silent"}


def test_kinds_of_requests() -> None:
    told = {kind_of(Message(f"{verb} /apis/{path} HTTP/1.1", ())) for verb, path in [("PUT", "x/leases/a"), ("GET", "pods?watch=true"), ("GET", "pods")]}
    assert told == {"lease", "watch", "read"}
    assert set(LONG_FAULTS) == set(FAULTS)
