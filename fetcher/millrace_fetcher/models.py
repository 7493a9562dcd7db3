"""A model as publish put it: in a bucket, the manifest that the digest names says which files it has."""

from __future__ import annotations

import json
from pathlib import Path

from millrace_fetcher import identity, s3
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content, Entry
from millrace_fetcher.intake import Intake
from millrace_fetcher.members import Members
from millrace_fetcher.s3_objects import Object, Objects
from millrace_fetcher.sources import readers
from millrace_fetcher.sources.found import check_digest
from millrace_fetcher.task import Location

LARGEST_MANIFEST = 1 << 28


def read(location: Location, into: Path | None) -> Content:
    """Hashes it, and copies it to the folder `into`. Raises DigestMismatch when it is not the location's digest."""
    if location.uri.startswith("s3://"):
        place = s3.place_of(location.uri)
        objects = Objects(s3.client_of(location.secret), place)
        entries = _published(objects, f"{place.key}.manifest.json", location.digest)
        if entries is not None:
            return _by_manifest(objects, place, entries, Intake(into), location.digest)
    # Not put there by publish, or changed since: whatever is there is read and compared as a whole.
    with readers() as reader_of:
        return reader_of(location).read(into, None)


def _published(objects: Objects, key: str, digest: str | None) -> tuple[Entry, ...] | None:
    """The files of the manifest; None when there is none that the digest names."""
    found = objects.head(key)
    if found is None or found.size > LARGEST_MANIFEST:
        return None
    raw = b"".join(objects.chunks(found))
    return _entries(raw) if identity.sha256_of(raw) == digest else None


def _entries(raw: bytes) -> tuple[Entry, ...] | None:
    """None when it is no manifest: a digest may name any bytes, also those of a person's own file of that name."""
    try:
        return Members(json.loads(raw), "manifest").items("files", _entry)
    except (Failure, ValueError, RecursionError):
        return None


def _entry(value: object, where: str) -> Entry:
    members = Members(value, where)
    return Entry(members.text("path"), members.text("sha256"), members.count("size", 0))


def _by_manifest(
    objects: Objects, place: s3.Place, entries: tuple[Entry, ...], intake: Intake, digest: str | None
) -> Content:
    intake.expect(sum(entry.size for entry in entries))
    taken = intake.each(entries, lambda entry: _taken(objects, place, entry, intake))
    content = identity.of_tree(taken)
    check_digest(content, digest)
    return content


def _taken(objects: Objects, place: s3.Place, entry: Entry, intake: Intake) -> Entry:
    taken = intake.file(entry.path, objects.chunks(Object(place.below(entry.path))))
    if taken != entry:
        told = f"the bytes are sha256:{taken.sha256}, wanted was sha256:{entry.sha256}"
        raise Failure(Reason.DIGEST_MISMATCH, f"{place}/{entry.path}: {told}")
    return taken
