"""mlflow-artifacts://<host[:port]>/<path>: what MLflow's server hands out. It tells paths and sizes only: weak."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from millrace_fetcher import http, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.secret import Secret
from millrace_fetcher.sources.found import Found, Listed, check_digest, of_listing
from millrace_fetcher.task import Location
from millrace_fetcher.web_store import File, ask, items_of, of_length, size_in, strange, take

_API = "/api/2.0/mlflow-artifacts/artifacts"


class Artifacts:
    """Without a host in the URI, the Secret's MLFLOW_TRACKING_URI names the server."""

    def __init__(self, location: Location) -> None:
        self._location = location
        host, path = _split(location.uri)
        chosen = "" if host else Secret(location.secret).setting("MLFLOW_TRACKING_URI")
        if not host and not chosen:
            message = "name the server: mlflow-artifacts://<host>/<path>, or MLFLOW_TRACKING_URI in the Secret"
            raise Failure(Reason.NOT_SUPPORTED, message)
        allow_http = os.environ.get("MILLRACE_ALLOW_HTTP") == "1"
        scheme = "http" if allow_http else "https"
        self._root = (chosen or f"{scheme}://{host}").rstrip("/") + _API
        self._path = path.strip("/")
        self._client = http.Client(http.credentials_in(location.secret), allow_http or bool(chosen))

    def find(self) -> Found:
        found = _listed(self._look()[0])
        return found if self._location.digest is None else Found(self._location.digest, "Strong", found.size)

    def read(self, into: Path | None, identity: str | None) -> Content:
        files, is_single = self._look()
        now = _listed(files).identity
        if identity is not None and self._location.digest is None and now != identity:
            raise Failure(Reason.DATA_CHANGED, f"{self._location.uri} is {now} now, pinned was {identity}")
        content = take(self._client, files, is_single, into, of_length)
        check_digest(content, self._location.digest)
        return content

    def _look(self) -> tuple[list[File], bool]:
        """The files, and whether the path is one file. Only the listing of its folder tells."""
        folder, _, name = self._path.rpartition("/")
        for path, size in self._entries(folder):
            if path == name and size is not None:
                return [File(name, size, self._url(self._path))], True
            if path == name:
                files = list(self._walk(self._path, "", 0))
                if files:
                    return files, False
        raise Failure(Reason.NOT_FOUND, f"{self._location.uri} is not there, or an empty folder")

    def _walk(self, folder: str, below: str, depth: int) -> Iterator[File]:
        if depth > tree.DEEPEST:
            raise tree.bad_tree(folder, "it is too deep")
        for name, size in self._entries(folder):
            if size is None:
                yield from self._walk(f"{folder}/{name}", f"{below}{name}/", depth + 1)
            else:
                yield File(below + name, size, self._url(f"{folder}/{name}"))

    def _entries(self, folder: str) -> Iterator[tuple[str, int | None]]:
        """Names in a folder, with sizes; None for a folder."""
        url = f"{self._root}?{urlencode({'path': folder})}" if folder else self._root
        for item in items_of(ask(self._client, url), "files", url):
            path = item.get("path")
            if not isinstance(path, str):
                raise strange(url)
            name = path.rsplit("/", 1)[-1]
            if name in {"", ".", ".."}:
                raise tree.bad_tree(path, "it is no name of a file")
            yield name, None if item.get("is_dir") else size_in(item, "file_size", url)

    def _url(self, path: str) -> str:
        return f"{self._root}/{quote(path)}"


def _split(uri: str) -> tuple[str, str]:
    rest = uri.removeprefix("mlflow-artifacts:")
    host, _, path = rest[2:].partition("/") if rest.startswith("//") else ("", "", rest)
    if ".." in path.split("/") or "@" in host or not path.strip("/"):
        raise Failure(Reason.NOT_FOUND, "the URI must be mlflow-artifacts://<host>/<path>")
    return host, path


def _listed(files: list[File]) -> Found:
    return of_listing([Listed(file.path, file.size, "", lasting=False) for file in files])
