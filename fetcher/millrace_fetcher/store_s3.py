"""A store in a bucket. An object appears whole or not at all; the manifest comes last, so that who finds it finds all
the others. Puts are conditional: nothing that is there is ever replaced (docs/pods.md)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from millrace_fetcher import identity, report, s3, upload
from millrace_fetcher.failure import Failure, Reason
from millrace_fetcher.identity import Content
from millrace_fetcher.s3 import Client, Place
from millrace_fetcher.store_folder import LARGEST_RESULT
from millrace_fetcher.upload import Source, Written


def _conflict(key: str, why: str) -> Failure:
    return Failure(Reason.STORE_CONFLICT, f"{key} {why}")


@dataclass(frozen=True)
class S3Store:
    client: Client
    folder: Place
    result: str

    @classmethod
    def at(cls, uri: str, secret: Path | None, name: str, result: str) -> S3Store:
        place = s3.place_of(uri)
        return cls(s3.client_of(secret), Place(place.bucket, place.below(name)), result)

    def put(self, model: Path, content: Content) -> Place:
        target = Place(self.folder.bucket, self.folder.below(f"sha256/{content.digest.removeprefix('sha256:')}"))
        manifest, wanted = f"{target.key}.manifest.json", identity.manifest(content.files)
        is_whole = self._check_once(manifest, wanted)
        there = self._listed(target)
        self._check_strangers(there, target, content)
        for entry in content.files:
            self._ensure(Source(model, entry), target.below(entry.path), there.get(entry.path))
        self._read_back(target, content)
        if not is_whole:
            self._put_once(manifest, wanted)
        return target

    def record(self, result: bytes) -> None:
        key = self.folder.below(self.result)
        # Looked at before, for servers that know no conditions.
        if not self._check_once(key, result):
            self._put_once(key, result)

    def recorded(self) -> bytes:
        key = self.folder.below(self.result)
        found = self._get(key)
        if found is None:
            raise Failure(Reason.NOT_FOUND, f"{self._at(key)} is not there")
        return found

    def _ensure(self, source: Source, key: str, there: Written | None) -> None:
        """The file at its key: put, or found there with the same bytes."""
        if there is None:
            with s3.asking(self._at(key)):
                if upload.put_new(self.client, self.folder.bucket, key, source):
                    return
                head = self.client.head_object(Bucket=self.folder.bucket, Key=key)
            there = Written(head["ContentLength"], head["ETag"].strip('"'))
        if there.size != source.entry.size or not self._same(source, key, there):
            raise _conflict(str(self._at(key)), "holds other bytes")

    def _same(self, source: Source, key: str, there: Written) -> bool:
        """By the ETag where it is made of the bytes, as it is without encryption by the server; else they are read."""
        if there.etag == source.etag():
            return True
        report.say(f"{key} is there; its ETag does not tell the bytes, so they are read")
        with s3.asking(self._at(key)):
            answer = self.client.get_object(Bucket=self.folder.bucket, Key=key)
            return upload.sha256_of(answer["Body"].iter_chunks(1 << 20)) == source.entry.sha256

    def _listed(self, target: Place) -> dict[str, Written]:
        """What is below the target, by relative path."""
        found: dict[str, Written] = {}
        prefix = f"{target.key}/"
        with s3.asking(target):
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=target.bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    found[item["Key"].removeprefix(prefix)] = Written(item["Size"], item["ETag"].strip('"'))
        return found

    @staticmethod
    def _check_strangers(there: dict[str, Written], target: Place, content: Content) -> None:
        strangers = sorted(there.keys() - {entry.path for entry in content.files})
        if strangers:
            raise _conflict(str(target), f"holds what is not of this digest: {strangers[0]}")

    def _read_back(self, target: Place, content: Content) -> None:
        there = self._listed(target)
        for entry in content.files:
            if entry.path not in there or there[entry.path].size != entry.size:
                raise Failure(Reason.UNREACHABLE, f"{target}/{entry.path} was put and is not there whole")
        self._check_strangers(there, target, content)

    def _check_once(self, key: str, wanted: bytes) -> bool:
        """Whether it is there; with other bytes it is a conflict."""
        found = self._get(key)
        if found is not None and found != wanted:
            raise _conflict(str(self._at(key)), "holds other bytes")
        return found is not None

    def _put_once(self, key: str, data: bytes) -> None:
        with s3.asking(self._at(key)):
            made = upload.put_bytes(self.client, self.folder.bucket, key, data)
        if not made and not self._check_once(key, data):
            raise Failure(Reason.UNREACHABLE, f"{self._at(key)} is there and is not")

    def _get(self, key: str) -> bytes | None:
        """None when there is no such object. An absent bucket is a failure."""
        with s3.asking(self._at(key)):
            try:
                answer: dict[str, Any] = self.client.get_object(Bucket=self.folder.bucket, Key=key)
            except ClientError as error:
                if s3.code_of(error) != "NoSuchKey":
                    raise
                return None
            if answer["ContentLength"] > LARGEST_RESULT:
                raise _conflict(str(self._at(key)), f"is larger than {LARGEST_RESULT} bytes")
            return bytes(answer["Body"].read())

    def _at(self, key: str) -> Place:
        return Place(self.folder.bucket, key)
