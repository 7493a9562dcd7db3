"""millrace-step run --report: docs/pods.md, Progress."""

from __future__ import annotations

import json
import os
import queue
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import PATIENCE, Pod, eventually

NAME = "millrace-reports.millrace.svc"
PATH = "/v1/progress/uid-1"


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    line = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    line += ["-keyout", str(key), "-out", str(cert), "-subj", "/CN=millrace", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(line, check=True, capture_output=True)
    return cert, key


class Operator:
    """What stands in for the operator: answers each report with `status`, and keeps it."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.reports: queue.Queue[tuple[str, str, str, float]] = queue.Queue()
        self.status, self.said = 204, b""
        operator = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                operator.reports.put((self.path, self.headers["Authorization"], body, time.monotonic()))
                self.send_response(operator.status)
                self.send_header("Content-Length", str(len(operator.said)))
                self.end_headers()
                self.wfile.write(operator.said)

            def log_message(self, *_: Any) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self) -> tuple[str, str, str, float]:
        return self.reports.get(timeout=PATIENCE)


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    made = Operator(*certificate(tmp_path, NAME))
    yield made
    made.server.shutdown()
    made.server.server_close()


def options(port: int) -> list[str]:
    return ["--report", f"https://{NAME}{PATH}", "--report-at", f"127.0.0.1:{port}"]


def environment(pod: Pod, ca: Path) -> dict[str, str]:
    (pod.folder / "reports").mkdir(exist_ok=True)
    (pod.folder / "reports/token").write_text("header.claims.signature\n")
    return {"MILLRACE_ROOT": str(pod.folder), "MILLRACE_REPORTS_CA": ca.read_text()}


def until_told(pod: Pod, script: str) -> list[str]:
    """Runs until the test makes the file `enough`."""
    return ["sh", "-c", f"{script}; while [ ! -e {pod.folder}/enough ]; do sleep 0.05; done"]


def begin(pod: Pod, operator: Operator, script: str) -> subprocess.Popen[bytes]:
    port = operator.server.server_address[1]
    env = environment(pod, pod.folder / f"{NAME}.crt")
    return pod.start("train", *until_told(pod, script), options=options(port), env=env)


def end(pod: Pod, process: subprocess.Popen[bytes]) -> str:
    (pod.folder / "enough").touch()
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    return err.decode()


def test_progress_is_told_with_the_token_and_again_only_when_it_is_new(pod: Pod, operator: Operator) -> None:
    file = pod.folder / "progress.json"
    process = begin(pod, operator, f'echo \'{{"done":1,"total":10}}\' >{file}')
    path, authorization, body, first = operator.next()
    assert (path, authorization) == (PATH, "Bearer header.claims.signature")
    assert json.loads(body) == {"done": 1, "total": 10}
    (pod.folder / "reports/token").write_text("another\n")
    file.write_text('{"done":2,"total":10}')
    _, authorization, body, second = operator.next()
    assert (authorization, json.loads(body)["done"]) == ("Bearer another", 2)
    assert second - first >= 9
    assert end(pod, process) == ""
    assert operator.reports.empty()


def test_what_the_operator_refuses_is_told_once_and_not_sent_again(pod: Pod, operator: Operator) -> None:
    operator.status, operator.said = 400, b"total: must be at least 1\n"
    process = begin(pod, operator, f"echo '{{\"done\":1}}' >{pod.folder}/progress.json")
    operator.next()
    assert process.stderr is not None
    assert process.stderr.readline() == b"millrace-step: progress.json is not used: total: must be at least 1\n"
    assert end(pod, process) == ""


@pytest.mark.parametrize(
    ("make", "why"),
    [
        ("ln -s /etc/hostname {file}", "it is a link"),
        ("mkfifo {file}", "it is no regular file"),
        ("head -c 2049 /dev/zero >{file}", "it is larger than 2 kB"),
        ("echo '[1]' >{file}", "it is no JSON object"),
        ("mkdir {file}", "it is no regular file"),
    ],
)
def test_nonsense_is_told_in_one_line_and_not_sent(pod: Pod, operator: Operator, make: str, why: str) -> None:
    process = begin(pod, operator, make.format(file=pod.folder / "progress.json"))
    assert process.stderr is not None
    assert process.stderr.readline().decode() == f"millrace-step: progress.json is not used: {why}\n"
    assert end(pod, process) == ""
    assert operator.reports.empty()


def test_only_the_certificate_that_was_handed_over_is_trusted(pod: Pod, operator: Operator, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    env = environment(pod, certificate(other, NAME)[0])
    port = operator.server.server_address[1]
    script = f'echo \'{{"done":1,"total":2}}\' >{pod.folder}/progress.json'
    process = pod.start("train", *until_told(pod, script), options=options(port), env=env)
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    assert line == "millrace-step: progress is not told to the operator for now: its certificate is not the operator's\n"
    end(pod, process)
    assert operator.reports.empty()


def test_a_certificate_of_another_name_is_not_trusted(pod: Pod, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "somebody.else.svc")
    operator = Operator(cert, key)
    script = f'echo \'{{"done":1,"total":2}}\' >{pod.folder}/progress.json'
    process = pod.start("train", *until_told(pod, script), options=options(operator.server.server_address[1]), env=environment(pod, cert))
    assert process.stderr is not None
    assert b"its certificate is not the operator's" in process.stderr.readline()
    end(pod, process)
    assert operator.reports.empty()
    operator.server.shutdown()
    operator.server.server_close()


def test_an_operator_that_is_silent_holds_up_nothing(pod: Pod, tmp_path: Path) -> None:
    """A listener that accepts and says nothing: the command ends as if nobody had been told."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = environment(pod, certificate(tmp_path, NAME)[0])
        script = f'echo \'{{"done":1,"total":2}}\' >{pod.folder}/progress.json; while [ ! -e {pod.folder}/enough ]; do sleep 0.05; done'
        process = pod.start("train", "sh", "-c", script, options=options(silent.getsockname()[1]), env=env)
        silent.settimeout(PATIENCE)
        connection, _ = silent.accept()
        began = time.monotonic()
        end(pod, process)
        assert time.monotonic() - began < 3
        connection.close()


def test_the_reporter_holds_no_lock_and_ends_with_the_step(pod: Pod, operator: Operator) -> None:
    process = begin(pod, operator, f'echo \'{{"done":1,"total":2}}\' >{pod.folder}/progress.json')
    operator.next()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    reporters = [one for one in children if b"millrace-step" in Path(f"/proc/{one}/cmdline").read_bytes()]
    assert len(reporters) == 1
    held = {os.readlink(one) for one in Path(f"/proc/{reporters[0]}/fd").iterdir()}
    assert not [one for one in held if one.endswith("train.lock")]
    process.kill()
    process.wait(timeout=PATIENCE)
    eventually(lambda: not Path(f"/proc/{reporters[0]}").exists())
    assert pod.run("publish", "true", after="train")[0] == 0


@pytest.mark.parametrize(
    ("url", "at"),
    [
        ("http://x/y", "127.0.0.1:1"),
        ("https://x", "127.0.0.1:1"),
        ("https://x/y", "localhost:1"),
        ("https://x/y", "127.0.0.1"),
        ("https://x/y", "127.0.0.1:0"),
        ("https://x/y", "::1:443"),
        ("https:///y", "[::1]:443"),
    ],
)
def test_an_endpoint_that_is_none_is_refused(pod: Pod, url: str, at: str) -> None:
    code, _, err = pod.run("train", "true", options=["--report", url, "--report-at", at])
    assert (code, b"--report takes https://NAME/PATH" in err) == (125, True)


def test_without_a_certificate_to_trust_nothing_is_told(pod: Pod) -> None:
    assert pod.run("train", "true", options=["--report", "https://x/y", "--report-at", "[::1]:443"])[0] == 0
