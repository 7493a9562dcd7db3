"""s3://<bucket>/<key or prefix>: one object, or everything below a prefix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from millrace_fetcher import identity, s3
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.intake import Intake
from millrace_fetcher.s3_objects import Object, Objects
from millrace_fetcher.sources.found import Found, Listed, check_digest, of_listing
from millrace_fetcher.task import Location


class Bucket:
    def __init__(self, location: Location) -> None:
        self._location = location
        self._place = s3.place_of(location.uri)
        self._objects = Objects(s3.client_of(location.secret), self._place)

    def find(self) -> Found:
        one = self._one()
        if one is not None:
            return self._digested(_found(one), one.size)
        parts = self._below()
        return self._digested(of_listing(self._listed(parts)), sum(part.size for part in parts))

    def _digested(self, found: Found, size: int) -> Found:
        return found if self._location.digest is None else Found(self._location.digest, "Strong", size)

    def read(self, into: Path | None, identity: str | None) -> Content:
        pinned = identity if self._location.digest is None else None
        content = self._read(Intake(into), pinned)
        check_digest(content, self._location.digest)
        return content

    def _read(self, intake: Intake, pinned: str | None) -> Content:
        one = self._one((pinned or "").removeprefix("version:") if (pinned or "").startswith("version:") else "")
        if one is not None:
            _check(pinned, _found(one))
            intake.expect(one.size)
            name = self._place.key.rsplit("/", 1)[-1]
            return identity.of_file(intake.file(name, self._objects.chunks(one)))
        try:
            parts = self._below()
        except Failure as failure:
            if pinned is None or failure.reason is not Reason.NOT_FOUND:
                raise
            raise Failure(Reason.DATA_CHANGED, f"{self._place}: what was pinned is no longer there") from failure
        listed = self._listed(parts)
        _check(pinned, of_listing(listed))
        intake.expect(sum(part.size for part in parts))
        places = [(line.path, part) for line, part in zip(listed, parts, strict=True)]
        entries = intake.each(places, lambda place: intake.file(place[0], self._objects.chunks(place[1])))
        return identity.of_tree(entries)

    def _one(self, version: str = "") -> Object | None:
        """The object of just this key; a slash at the end of the URI says that a prefix is meant."""
        if not self._place.key or self._location.uri.endswith("/"):
            return None
        return self._objects.head(self._place.key, version)

    def _below(self) -> list[Object]:
        parts = self._objects.below(self._place.below(""))
        if not parts:
            raise Failure(Reason.NOT_FOUND, f"{self._place} is neither an object nor the beginning of one's key")
        return parts

    def _listed(self, parts: Sequence[Object]) -> list[Listed]:
        start = len(self._place.below(""))
        return [Listed(part.key[start:], part.size, part.version or part.etag, bool(part.version)) for part in parts]


def _found(one: Object) -> Found:
    if one.version:
        return Found(f"version:{one.version}", "Strong", one.size)
    return Found(identity.weak(one.etag, one.size, one.modified or None), "Weak", one.size)


def _check(pinned: str | None, found: Found) -> None:
    if pinned is not None and found.identity != pinned:
        raise Failure(Reason.DATA_CHANGED, f"it is {found.identity} now, pinned was {pinned}")
