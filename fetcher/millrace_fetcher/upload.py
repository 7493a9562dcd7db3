"""Conditional puts of files to S3: in one piece or in parts, each part's MD5 checked by the server, and never an object
of other bytes than the file had when it was named."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace_fetcher import s3, tree
from millrace_fetcher.failure import Failure, Reason, of_reading
from millrace_fetcher.identity import Entry
from millrace_fetcher.s3 import Client

PART = 8 << 20  # bytes, of which some copies are held in memory
MOST_PARTS = 9_000  # S3 allows 10,000

_NOT_KNOWN = {"NotImplemented", "InvalidArgument", "InvalidRequest"}


@dataclass(frozen=True)
class Written:
    """An object as the server tells it."""

    size: int
    etag: str


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _content_md5(data: bytes) -> str:
    return base64.b64encode(_md5(data)).decode()


def sha256_of(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


@dataclass(frozen=True)
class Source:
    """A file of the model, as it was when the digest was made."""

    model: Path
    entry: Entry

    @property
    def part(self) -> int:
        return max(PART, -(-self.entry.size // MOST_PARTS))

    @property
    def is_small(self) -> bool:
        return self.entry.size <= self.part

    def parts(self) -> Iterator[bytes]:
        """The bytes in pieces for the server. Raises BadTree before the last one is given out when they are not those
        of the digest: by then nothing is put yet."""
        digest, held = hashlib.sha256(), b""
        for piece in self._read():
            digest.update(piece)
            if held:
                yield held
            held = piece
        if digest.hexdigest() != self.entry.sha256:
            raise _changed()
        yield held

    def etag(self) -> str:
        """As S3 makes it of bytes that it does not encrypt."""
        sums = [_md5(piece) for piece in self.parts()]
        if self.is_small:
            return sums[0].hex()
        return f"{_md5(b''.join(sums)).hex()}-{len(sums)}"

    def _read(self) -> Iterator[bytes]:
        path = f"{self.model}/{self.entry.path}"
        try:
            # From the root on: no part of the path may be a link.
            with tree.opened(Path("/"), path) as (descriptor, _), FileIO(os.dup(descriptor)) as file:
                left = self.entry.size
                while piece := _exactly(file, self.part):
                    left -= len(piece)
                    if left < 0:
                        raise _changed()
                    yield piece
        except OSError as error:
            raise of_reading(error, self.entry.path) from error
        except Failure as failure:
            raise _changed() from failure


def _changed() -> Failure:
    return Failure(Reason.BAD_TREE, "the model changed while it was published")


def _exactly(file: FileIO, size: int) -> bytes:
    """So many bytes, fewer only at the end."""
    data = bytearray()
    while len(data) < size and (piece := file.read(size - len(data))):
        data += piece
    return bytes(data)


def _is_taken(error: ClientError) -> bool:
    return s3.status_of(error) == 412


def put_bytes(client: Client, bucket: str, key: str, data: bytes) -> bool:
    """False when something is there already."""
    request = {"Bucket": bucket, "Key": key, "Body": data, "ContentMD5": _content_md5(data)}
    return _conditionally(client.put_object, request)


def put_new(client: Client, bucket: str, key: str, source: Source) -> bool:
    """False when something is there already."""
    if source.is_small:
        return put_bytes(client, bucket, key, b"".join(source.parts()))
    return _put_parts(client, bucket, key, source)


def _put_parts(client: Client, bucket: str, key: str, source: Source) -> bool:
    where = {"Bucket": bucket, "Key": key}
    where["UploadId"] = client.create_multipart_upload(**where)["UploadId"]
    try:
        done = []
        for number, piece in enumerate(source.parts(), 1):
            answer = client.upload_part(**where, PartNumber=number, Body=piece, ContentMD5=_content_md5(piece))
            done.append({"PartNumber": number, "ETag": answer["ETag"]})
        made = _conditionally(client.complete_multipart_upload, {**where, "MultipartUpload": {"Parts": done}})
    except BaseException:
        _abort(client, where)
        raise
    if not made:
        _abort(client, where)
    return made


def _abort(client: Client, where: dict[str, str]) -> None:
    with suppress(BotoCoreError, ClientError):
        client.abort_multipart_upload(**where)


def _conditionally(call: Any, request: dict[str, Any]) -> bool:
    """A server that does not know the condition is asked without: then the last of two writers wins, with the same
    bytes."""
    try:
        call(**request, IfNoneMatch="*")
    except ClientError as error:
        if _is_taken(error):
            return False
        if s3.status_of(error) != 501 and s3.code_of(error) not in _NOT_KNOWN:
            raise
        call(**request)
    return True
