"""Objects of one bucket, read exactly as they were pinned: by version, or else only while the ETag is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from millrace_fetcher import tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.s3 import Client, Place, asking

_DENIED = {Reason.UNAUTHORIZED, Reason.NOT_FOUND, Reason.UNREACHABLE}


@dataclass(frozen=True)
class Object:
    """`version` is empty in a bucket that keeps none; `modified` as HTTP writes it, empty in a listing. With neither
    version nor ETag it is pinned by nothing here: its reader knows the bytes."""

    key: str
    size: int = 0
    etag: str = ""
    version: str = ""
    modified: str = ""

    @property
    def pin(self) -> dict[str, str]:
        if self.version:
            return {"VersionId": self.version}
        return {"IfMatch": self.etag} if self.etag else {}


def _version(told: Any) -> str:
    """S3 says null for an object that was written while the bucket kept no versions; such a one can be replaced."""
    return "" if told in {None, "", "null"} else str(told)


class Objects:
    """`where.key` is the prefix of nothing here: keys are whole. For several threads."""

    def __init__(self, client: Client, where: Place) -> None:
        self._client = client
        self._bucket = where.bucket

    def head(self, key: str, version: str = "") -> Object | None:
        """None when there is no such object."""
        pin = {"VersionId": version} if version else {}
        try:
            with asking(Place(self._bucket, key)):
                told = self._client.head_object(Bucket=self._bucket, Key=key, **pin)
        except Failure as failure:
            if failure.reason is Reason.NOT_FOUND:
                return None
            raise
        modified = told["ResponseMetadata"]["HTTPHeaders"].get("last-modified", "")
        return Object(key, told["ContentLength"], told.get("ETag", ""), _version(told.get("VersionId")), modified)

    def chunks(self, wanted: Object) -> Iterator[bytes]:
        """Raises DataChanged when what is there now is not what is wanted."""
        place = Place(self._bucket, wanted.key)
        with asking(place):
            told = self._client.get_object(Bucket=self._bucket, Key=wanted.key, **wanted.pin)
            body = told["Body"]
            try:
                self._check(told, wanted, place)
                yield from body.iter_chunks(tree.CHUNK)
            finally:
                body.close()

    def _check(self, told: Any, wanted: Object, place: Place) -> None:
        """A server may know neither versions nor conditions, and answer as if it had obeyed them."""
        now = (told.get("ETag", ""), _version(told.get("VersionId")))
        if (wanted.version and now[1] != wanted.version) or (not wanted.version and wanted.etag not in {"", now[0]}):
            raise Failure(Reason.DATA_CHANGED, f"{place} is another object than the pinned one")

    def below(self, prefix: str) -> list[Object]:
        """The objects whose keys begin with a prefix, with versions where the bucket tells them."""
        try:
            found = list(self._versions(prefix))
        except Failure as failure:
            if failure.reason not in _DENIED:
                raise
            found = list(self._plain(prefix))
        # A key that ends with a slash is how some tools show an empty folder.
        return [one for one in found if not one.key.endswith("/") or one.size > 0]

    def _versions(self, prefix: str) -> Iterator[Object]:
        for page in self._pages("list_object_versions", prefix):
            for one in page.get("Versions", []):
                if one["IsLatest"]:
                    yield Object(one["Key"], one["Size"], one.get("ETag", ""), _version(one.get("VersionId")))

    def _plain(self, prefix: str) -> Iterator[Object]:
        for page in self._pages("list_objects_v2", prefix):
            for one in page.get("Contents", []):
                yield Object(one["Key"], one["Size"], one.get("ETag", ""))

    def _pages(self, call: str, prefix: str) -> Iterator[Any]:
        seen = 0
        with asking(Place(self._bucket, prefix)):
            for page in self._client.get_paginator(call).paginate(Bucket=self._bucket, Prefix=prefix):
                seen += len(page.get("Contents", [])) + len(page.get("Versions", []))
                if seen > tree.MOST_FILES:
                    raise Failure(Reason.TOO_LARGE, f"more than {tree.MOST_FILES} objects begin with {prefix}")
                yield page
