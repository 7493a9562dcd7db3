"""Repositories served by the real `git http-backend` over TLS, with a record of who asked what."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

AUTHOR = {
    **{f"GIT_{who}_NAME": "Test" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "test@example.org" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_DATE": "2024-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, **AUTHOR}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(folder: Path, files: dict[str, bytes]) -> str:
    """Makes the repository where it is not there yet, and its next commit."""
    if not (folder / ".git").exists():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "-b", "main")
        git(folder, "config", "uploadpack.allowFilter", "true")
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "next")
    return git(folder, "rev-parse", "HEAD")


@dataclass
class GitServer:
    """`wanted` is the Authorization that a request must have; `moved` redirects a path to another URL. Below /files/
    lie the plain files of a folder."""

    root: Path
    url: str = ""
    ca: str = ""
    wanted: str = ""
    files: Path | None = None
    moved: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)

    def secret(self, folder: Path, **keys: str) -> str:
        folder.mkdir(parents=True)
        for key, value in {"ca.crt": self.ca, **keys}.items():
            (folder / key.replace("ssh_", "ssh-")).write_text(value)
        return str(folder)


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:  # noqa: C901, one class with many short methods
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            authorization = self.headers.get("Authorization")
            path, _, query = self.path.partition("?")
            server.requests.append((self.command, path, authorization))
            for old, new in server.moved.items():
                if path.startswith(old):
                    self.refuse(302, Location=new + self.path.removeprefix(old))
                    return
            if server.wanted and authorization != server.wanted:
                self.refuse(401, WWW_Authenticate='Basic realm="git"')
                return
            if server.files is not None and path.startswith("/files/"):
                self.plain(server.files / path.removeprefix("/files/"))
                return
            self.backend(path, query)

        def plain(self, file: Path) -> None:
            if not file.is_file():
                self.refuse(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(file.read_bytes())

        def refuse(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def backend(self, path: str, query: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            environment = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(server.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            command = ["git", "http-backend"]
            said = subprocess.run(command, input=body, env=environment, capture_output=True, check=False).stdout
            head, _, body = said.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_HEAD = answer

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


@contextmanager
def serving(root: Path, authority: trustme.CA) -> Iterator[GitServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    server = GitServer(root, ca=authority.cert_pem.bytes().decode())
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    server.url = f"https://localhost:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    listener.shutdown()
    listener.server_close()
