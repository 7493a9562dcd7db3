"""https://…: one file from a web server. Without the user's digest only its headers name it, which is weak."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3

from millrace_fetcher import http, identity, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.sources.found import Found, check_digest
from millrace_fetcher.task import Location

LARGEST = 1 << 40


def size_of(answer: urllib3.BaseHTTPResponse) -> int | None:
    text = answer.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def identity_of(answer: urllib3.BaseHTTPResponse) -> str:
    return identity.weak(answer.headers.get("ETag"), size_of(answer), answer.headers.get("Last-Modified"))


def file_name(url: str) -> str:
    """The last part of the path, where it can be a file's name."""
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    allowed = name not in {"", ".", ".."} and "/" not in name and len(name.encode()) <= 255
    return name if allowed and name.isprintable() else "data"


class Web:
    def __init__(self, location: Location) -> None:
        self._location = location
        allow_http = os.environ.get("MILLRACE_ALLOW_HTTP") == "1"
        http.check_url(location.uri, allow_http)
        self._client = http.Client(http.credentials_in(location.secret), allow_http)

    def find(self) -> Found:
        with self._client.request("HEAD", self._location.uri) as answer:
            size, weak = size_of(answer), identity_of(answer)
        if self._location.digest is not None:
            return Found(self._location.digest, "Strong", size)
        if not weak:
            where = http.shown(self._location.uri)
            message = f"{where}: the server tells neither ETag, length nor date; give the digest"
            raise Failure(Reason.NOT_FOUND, message)
        return Found(weak, "Weak", size)

    def read(self, into: Path | None, identity: str | None) -> Content:
        with self._client.request("GET", self._location.uri) as answer:
            if identity is not None and self._location.digest is None and identity_of(answer) != identity:
                now = identity_of(answer)
                raise Failure(Reason.DATA_CHANGED, f"the server names the data {now}, pinned was {identity}")
            content = self._take(answer, into)
        check_digest(content, self._location.digest)
        return content

    def _take(self, answer: urllib3.BaseHTTPResponse, into: Path | None) -> Content:
        digest, size, name = hashlib.sha256(), 0, file_name(self._location.uri)
        with _Kept(into, name) as out:
            for chunk in self._bounded(answer):
                digest.update(chunk)
                size += len(chunk)
                if out is not None:
                    with tree.writing(name):
                        tree.write_all(out, chunk)
        return identity.of_file(identity.Entry(name, digest.hexdigest(), size))

    def _bounded(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        told, size = size_of(answer), 0
        if told is not None and told > LARGEST:
            raise Failure(Reason.TOO_LARGE, f"{told} bytes, {LARGEST} are allowed")
        for chunk in http.body(answer, self._location.uri):
            size += len(chunk)
            if size > LARGEST:
                raise Failure(Reason.TOO_LARGE, f"more than {LARGEST} bytes")
            yield chunk


class _Kept:
    """The file to write, or None where nothing is kept."""

    def __init__(self, into: Path | None, name: str) -> None:
        self._out: FileIO | None = None
        if into is not None:
            with tree.writing(into):
                into.mkdir(parents=True, exist_ok=True)
                self._out = FileIO(into / name, "x")

    def __enter__(self) -> FileIO | None:
        return self._out

    def __exit__(self, *_: object) -> None:
        if self._out is not None:
            self._out.close()
