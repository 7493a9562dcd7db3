"""hf://[datasets/]<owner>/<repository>[@<revision>][/<path>]: a repository of the Hugging Face Hub, pinned by commit.
Asked by the Hub's own two requests: its library brings a cache of its own and follows redirects as it likes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from millrace_fetcher import http
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.intake import Hash
from millrace_fetcher.secret import Secret
from millrace_fetcher.sources.found import Found, check_digest
from millrace_fetcher.task import Location
from millrace_fetcher.web_store import File, ask, items_of, size_in, strange, take

_URI = re.compile(r"hf://(datasets/)?([^/@#\s]+/[^/@#\s]+)(?:@([^/#\s]+))?(?:/([^#\s]*))?")
_COMMIT = re.compile("[0-9a-f]{40}")


class Hub:
    def __init__(self, location: Location) -> None:
        match = _URI.fullmatch(location.uri)
        if match is None:
            raise Failure(
                Reason.NOT_FOUND, "the URI must be hf://[datasets/]<owner>/<repository>[@<revision>][/<path>]"
            )
        self._location = location
        self._repository, self._revision = match[2], match[3] or "main"
        self._path = (match[4] or "").strip("/")
        chosen = Secret(location.secret).setting("HF_ENDPOINT")
        allow_http = bool(chosen) or os.environ.get("MILLRACE_ALLOW_HTTP") == "1"
        self._endpoint = (chosen or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        self._kind = "datasets" if match[1] else "models"
        self._client = http.Client(http.credentials_in(location.secret), allow_http)
        self._client.follows_without_credentials = True

    def find(self) -> Found:
        commit, files = self._look(self._revision)
        if self._location.digest is not None:
            return Found(self._location.digest, "Strong", sum(file.size for file in files))
        return Found(f"hf:{commit}", "Strong", sum(file.size for file in files))

    def read(self, into: Path | None, identity: str | None) -> Content:
        pinned = identity if identity is not None and identity.startswith("hf:") else None
        wanted = pinned.removeprefix("hf:") if pinned is not None else self._revision
        commit, files = self._look(wanted)
        if pinned is not None and commit != wanted:
            raise Failure(Reason.DATA_CHANGED, f"{self._location.uri} is {commit} now, pinned was {wanted}")
        is_single = bool(self._path) and files[0].url.endswith(f"/resolve/{commit}/{quote(self._path)}")
        content = take(self._client, files, is_single, into, _same)
        check_digest(content, self._location.digest)
        return content

    def _look(self, revision: str) -> tuple[str, list[File]]:
        url = f"{self._endpoint}/api/{self._kind}/{self._repository}/revision/{quote(revision, safe='')}?blobs=true"
        told = ask(self._client, url)
        commit = told.get("sha")
        if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
            raise strange(url)
        files = [file for file in (self._file(item, commit, url) for item in items_of(told, "siblings", url)) if file]
        if not files:
            raise Failure(Reason.NOT_FOUND, f"{self._location.uri}: commit {commit} holds no {self._path or 'file'}")
        return commit, files

    def _file(self, item: dict[str, Any], commit: str, url: str) -> File | None:
        """None for what lies elsewhere in the repository."""
        name = item.get("rfilename")
        if not isinstance(name, str):
            raise strange(url)
        start = self._path + "/" if self._path else ""
        if name != self._path and not name.startswith(start):
            return None
        path = name.rsplit("/", 1)[-1] if name == self._path else name[len(start) :]
        root = f"{self._endpoint}/{'datasets/' if self._kind == 'datasets' else ''}{self._repository}"
        lfs = item.get("lfs")
        mark = f"sha256:{lfs.get('sha256')}" if isinstance(lfs, dict) else f"blob:{item.get('blobId')}"
        return File(path, size_in(item, "size", url), f"{root}/resolve/{commit}/{quote(name)}", mark)


def _same(file: File) -> tuple[Hash, Callable[[], bool]]:
    """A large file is named by the sha256 of its bytes, a small one as git names a blob."""
    kind, _, wanted = file.mark.partition(":")
    head = b"blob %d\0" % file.size
    digest = hashlib.sha256() if kind == "sha256" else hashlib.sha1(head, usedforsecurity=False)
    return digest, lambda: digest.hexdigest() == wanted
