"""Where DVC keeps bytes: a bucket, a web server, or a folder of a mounted claim."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from millrace_fetcher import http, s3, tree
from millrace_fetcher.dvc.config import Remote
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.git.settings import credentials_of
from millrace_fetcher.http import Credentials
from millrace_fetcher.s3_objects import Object, Objects
from millrace_fetcher.secret import Secret

CLAIMS = Path("/millrace/claims")


@dataclass(frozen=True)
class Keys:
    """The source's Secret, and the server that its git credentials are for."""

    secret: Path | None
    server: tuple[str, str | None, int]


class Store(Protocol):
    """Keys are relative to the remote's own place. For several threads."""

    def exists(self, key: str, version: str) -> bool: ...

    def chunks(self, key: str, version: str) -> Iterator[bytes]:
        """Raises NotFound, before the first chunk, when there is no such object."""
        ...


class _Bucket:
    def __init__(self, remote: Remote, keys: Keys) -> None:
        self._place = s3.place_of(remote.url)
        self._objects = Objects(s3.client_of(keys.secret, s3.Endpoint(remote.endpoint, remote.region)), self._place)

    def exists(self, key: str, version: str) -> bool:
        return self._objects.head(self._place.below(key), version) is not None

    def chunks(self, key: str, version: str) -> Iterator[bytes]:
        return self._objects.chunks(Object(self._place.below(key), version=version))


class _Web:
    """The repository's credentials are sent only where the repository itself is."""

    def __init__(self, remote: Remote, keys: Keys) -> None:
        allow_http = os.environ.get("MILLRACE_ALLOW_HTTP") == "1"
        parts = http.check_url(remote.url, allow_http)
        own = credentials_of(Secret(keys.secret))
        is_home = http.server_of(parts) == keys.server
        self._root = remote.url.rstrip("/")
        self._client = http.Client(own if is_home else Credentials({}, own.ca), allow_http)

    def exists(self, key: str, version: str) -> bool:
        try:
            with self._client.request("HEAD", f"{self._root}/{quote(key)}"):
                return True
        except Failure as failure:
            if failure.reason is Reason.NOT_FOUND:
                return False
            raise

    def chunks(self, key: str, version: str) -> Iterator[bytes]:
        url = f"{self._root}/{quote(key)}"
        with self._client.request("GET", url) as answer:
            yield from http.body(answer, url)


class _Folder:
    """A remote that is a path. It must lie in a mounted claim: any other path is somebody's own disk."""

    def __init__(self, remote: Remote) -> None:
        path = Path(remote.url.removeprefix("file://"))
        if not path.is_absolute() or ".." in path.parts or not path.is_relative_to(CLAIMS) or path == CLAIMS:
            message = f"remote {remote.name} is the folder {remote.url}; here only one below {CLAIMS} can be read"
            raise Failure(Reason.NOT_SUPPORTED, message)
        self._below = path.relative_to(CLAIMS).as_posix()

    def exists(self, key: str, version: str) -> bool:
        try:
            with tree.opened(CLAIMS, f"{self._below}/{key}"):
                return True
        except Failure as failure:
            if failure.reason is Reason.NOT_FOUND:
                return False
            raise

    def chunks(self, key: str, version: str) -> Iterator[bytes]:
        with tree.opened(CLAIMS, f"{self._below}/{key}") as (descriptor, _):
            while True:
                try:
                    chunk = os.read(descriptor, tree.CHUNK)
                except OSError as error:
                    raise Failure(Reason.UNREACHABLE, f"{key}: {error.strerror}") from error
                if not chunk:
                    return
                yield chunk


def store_of(remote: Remote, keys: Keys) -> Store:
    scheme = urlsplit(remote.url).scheme if "://" in remote.url else ""
    if scheme == "s3":
        return _Bucket(remote, keys)
    if scheme in {"http", "https"}:
        return _Web(remote, keys)
    if scheme in {"", "file"}:
        return _Folder(remote)
    raise Failure(Reason.NOT_SUPPORTED, f"remote {remote.name} is {scheme}://; s3://, https:// and folders can be read")


def keys_of(md5: str, legacy: bool) -> tuple[str, ...]:
    """Where an object may lie: DVC 3 and DVC 2 lay it out differently, and both leave the other's objects in place."""
    old = f"{md5[:2]}/{md5[2:]}"
    new = f"files/md5/{old}"
    return (old, new) if legacy else (new, old)
