"""What the load counts, and windows of it."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from cluster.load import Window
from cluster.load_program import Load

ANSWERS = {"/good": (200, b'{"model_version": "2"}'), "/bad": (500, b'{"model_version": "3"}'), "/none": (404, b"404 page not found")}


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = ANSWERS[self.path] if self.headers["Host"] == "a.example.org" else (421, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def counted(url: str, host: str = "a.example.org") -> dict[str, object]:
    load = Load(url, b"{}", 1, host)
    load.ask()
    told = json.loads(load.line())
    assert told["sent"] == 1
    return {key: told[key] for key in ("failed", "versions", "codes")}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/good", {"failed": 0, "versions": {"2": 1}, "codes": {"200": {"2": 1}}}),
        ("/bad", {"failed": 1, "versions": {}, "codes": {"500": {"3": 1}}}),
        ("/none", {"failed": 1, "versions": {}, "codes": {"404": {"": 1}}}),
    ],
)
def test_every_status_is_counted_with_the_version_that_answered(port: int, path: str, expected: dict[str, object]) -> None:
    assert counted(f"http://127.0.0.1:{port}{path}") == expected


def test_without_a_host_the_address_is_asked_for(port: int) -> None:
    assert counted(f"http://127.0.0.1:{port}/good", "")["codes"] == {"421": {"": 1}}


def test_a_connection_that_is_refused_is_counted_by_its_name(port: int) -> None:
    assert counted("http://127.0.0.1:9/x")["codes"] == {"ConnectionRefusedError": {"": 1}}


def test_a_window_is_what_lies_between_two_samples() -> None:
    window = Window({"200": {"1": 10}}, {"200": {"1": 40, "2": 60}, "500": {"2": 10}, "503": {"": 0}})
    assert window.by_code() == {"200": 90, "500": 10}
    assert (window.total(), window.answers("2"), window.share("2")) == (100, 70, 70.0)
    assert Window({}, {}).share("1") == 0
