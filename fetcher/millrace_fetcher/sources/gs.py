"""gs://<bucket>/<key or prefix>: Google Cloud Storage by its JSON interface, pinned by generation. Its own library
would weigh more than all the others together."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from millrace_fetcher import http, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.intake import Hash
from millrace_fetcher.sources.found import Found, Listed, check_digest, of_listing
from millrace_fetcher.task import Location
from millrace_fetcher.web_store import File, ask, items_of, of_length, size_in, strange, take


class Bucket:
    def __init__(self, location: Location) -> None:
        self._location = location
        bucket, _, key = location.uri.removeprefix("gs://").partition("/")
        self._key = key.strip("/")
        emulator = os.environ.get("STORAGE_EMULATOR_HOST", "")
        root = (
            emulator if "://" in emulator or not emulator else f"http://{emulator}"
        ) or "https://storage.googleapis.com"
        self._objects = f"{root.rstrip('/')}/storage/v1/b/{quote(bucket, safe='')}/o"
        self._client = http.Client(http.credentials_in(location.secret), allow_http=bool(emulator))

    def find(self) -> Found:
        one = self._one("")
        files = self._below() if one is None else [one]
        size = sum(file.size for file in files)
        if self._location.digest is not None:
            return Found(self._location.digest, "Strong", size)
        return Found(f"generation:{one.mark.partition(' ')[0]}", "Strong", size) if one else _listed(files)

    def read(self, into: Path | None, identity: str | None) -> Content:
        pinned = identity if self._location.digest is None else None
        generation = (pinned or "").removeprefix("generation:") if (pinned or "").startswith("generation:") else ""
        one = self._one(generation)
        if one is None and generation:
            raise Failure(Reason.DATA_CHANGED, f"{self._location.uri}: generation {generation} is no longer there")
        files = self._pinned(pinned) if one is None else [one]
        if one is None and pinned is not None and _listed(files).identity != pinned:
            raise Failure(
                Reason.DATA_CHANGED, f"{self._location.uri} is {_listed(files).identity}, pinned was {pinned}"
            )
        content = take(self._client, files, one is not None, into, _same)
        check_digest(content, self._location.digest)
        return content

    def _pinned(self, pinned: str | None) -> list[File]:
        try:
            return self._below()
        except Failure as failure:
            if pinned is None or failure.reason is not Reason.NOT_FOUND:
                raise
            message = f"{self._location.uri}: what was pinned is no longer there"
            raise Failure(Reason.DATA_CHANGED, message) from failure

    def _one(self, generation: str) -> File | None:
        if not self._key or self._location.uri.endswith("/"):
            return None
        url = f"{self._objects}/{quote(self._key, safe='')}"
        try:
            told = ask(self._client, f"{url}?{urlencode({'generation': generation})}" if generation else url)
        except Failure as failure:
            if failure.reason is Reason.NOT_FOUND:
                return None
            raise
        return self._file(told, self._key.rsplit("/", 1)[-1], url)

    def _below(self) -> list[File]:
        start = self._key + "/" if self._key else ""
        files: list[File] = []
        page = ""
        while True:
            query = {"prefix": start, **({"pageToken": page} if page else {})}
            url = f"{self._objects}?{urlencode(query)}"
            told = ask(self._client, url)
            for item in items_of(told, "items", url):
                name = item.get("name")
                if not isinstance(name, str) or not name.startswith(start):
                    raise strange(url)
                if not name.endswith("/"):
                    files.append(self._file(item, name[len(start) :], url))
            page = str(told.get("nextPageToken") or "")
            if len(files) > tree.MOST_FILES:
                raise Failure(Reason.TOO_LARGE, f"{self._location.uri}: more than {tree.MOST_FILES} objects")
            if not page:
                break
        if not files:
            raise Failure(
                Reason.NOT_FOUND, f"{self._location.uri} is neither an object nor the beginning of one's name"
            )
        return files

    def _file(self, item: dict[str, Any], path: str, url: str) -> File:
        generation = str(size_in(item, "generation", url))
        query = urlencode({"alt": "media", "generation": generation})
        where = f"{self._objects}/{quote(str(item.get('name')), safe='')}?{query}"
        return File(path, size_in(item, "size", url), where, f"{generation} {item.get('md5Hash') or ''}")


def _listed(files: list[File]) -> Found:
    return of_listing([Listed(file.path, file.size, file.mark.partition(" ")[0], lasting=True) for file in files])


def _same(file: File) -> tuple[Hash, Callable[[], bool]]:
    """An object that was composed of others has no md5; its generation was asked for, and its length is checked."""
    wanted = file.mark.partition(" ")[2]
    if not wanted:
        return of_length(file)
    digest = hashlib.md5(usedforsecurity=False)
    return digest, lambda: base64.b64encode(digest.digest()).decode() == wanted
