"""delete: the bytes of a version that goes. What is left by an interruption is never taken for the whole: a folder goes
by one rename, in a bucket the manifest goes first. Again and again is the same as once."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from millrace_fetcher import report, s3, tree
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.s3 import Client, Place
from millrace_fetcher.sources.pvc import Claim
from millrace_fetcher.task import DeleteTask

AT_ONCE = 1000  # keys in one call, as S3 allows

_WHOLE_STORE = "a whole claim or bucket is never deleted"


def _remove(name: str, folder: int) -> bool:
    """Whether it was there. Links are removed, never followed."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(found.st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _set_aside(name: str, folder: int) -> str:
    """Under a name that publishers know for leftovers, and that is the same for whoever goes on with it."""
    away = f".tmp-gone-a0-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    _remove(away, folder)
    with suppress(FileNotFoundError):
        os.rename(name, away, src_dir_fd=folder, dst_dir_fd=folder)
    return away


def _of_claim(root: Path, relative: str) -> bool:
    parts = [part for part in relative.split("/") if part]
    if not parts:
        raise Failure(Reason.BAD_TREE, _WHOLE_STORE)
    try:
        with tree.opened(root, "/".join(parts[:-1])) as (folder, _), tree.writing(relative):
            away = _set_aside(parts[-1], folder)
            os.fsync(folder)
            had_manifest = _remove(f"{parts[-1]}.manifest.json", folder)
            was_there = _remove(away, folder)
            os.fsync(folder)
    except Failure as failure:
        if failure.reason is not Reason.NOT_FOUND or not root.is_dir():
            raise
        return False
    return was_there or had_manifest


def _below(client: Client, place: Place) -> list[str]:
    """The first keys below a place: after they are deleted the next ones are the first."""
    page: dict[str, Any] = client.list_objects_v2(Bucket=place.bucket, Prefix=f"{place.key}/", MaxKeys=AT_ONCE)
    return [item["Key"] for item in page.get("Contents", [])]


def _delete(client: Client, place: Place, keys: list[str]) -> None:
    wanted = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    refused: list[dict[str, str]] = client.delete_objects(Bucket=place.bucket, Delete=wanted).get("Errors", [])
    if refused:
        first = refused[0]
        reason = Reason.UNAUTHORIZED if first.get("Code") == "AccessDenied" else Reason.UNREACHABLE
        raise Failure(reason, f"s3://{place.bucket}/{first.get('Key')}: {first.get('Code')}: {first.get('Message')}")


def _is_there(client: Client, place: Place, key: str) -> bool:
    page: dict[str, Any] = client.list_objects_v2(Bucket=place.bucket, Prefix=key, MaxKeys=1)
    return any(item["Key"] == key for item in page.get("Contents", []))


def _of_bucket(place: Place, secret: Path | None) -> bool:
    if not place.key:
        raise Failure(Reason.BAD_TREE, _WHOLE_STORE)
    client = s3.client_of(secret)
    found = False
    with s3.asking(place):
        for key in (f"{place.key}.manifest.json", place.key):
            if _is_there(client, place, key):
                found = True
                _delete(client, place, [key])
        while keys := _below(client, place):
            found = True
            _delete(client, place, keys)
            report.say(f"{len(keys)} objects below {place} are deleted")
    return found


def delete(task: DeleteTask) -> bytes:
    location = task.location
    if location.uri.startswith("s3://"):
        found = _of_bucket(s3.place_of(location.uri), location.secret)
    elif location.uri.startswith("pvc://"):
        claim = Claim(location)
        found = _of_claim(claim.root, claim.relative)
    else:
        raise Failure(Reason.MALFORMED_TASK, "uri: must be s3:// or pvc://")
    report.say(f"{location.uri}: {'deleted' if found else 'nothing is there'}")
    return report.bounded({"v": 1, "deleted": found})
