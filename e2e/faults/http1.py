"""HTTP/1.1 as far as a proxy has to understand it to end, repeat or replace a message."""

from __future__ import annotations

import json
from asyncio import IncompleteReadError, StreamReader
from collections.abc import AsyncIterator
from dataclasses import dataclass

LIMIT = 1 << 24  # bytes of a head, a chunk or a line
_HOP = {"transfer-encoding", "content-length", "connection"}  # of one connection, not of the message


@dataclass(frozen=True)
class Message:
    """A request or an answer; `first` is its first line. Without a body when that follows as a stream."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def verb(self) -> str:
        return self.first.split(" ")[0]

    @property
    def target(self) -> str:
        return self.first.split(" ")[1]

    @property
    def code(self) -> int:
        return int(self.first.split(" ")[1])

    def whole(self) -> bytes:
        return self._head(f"Content-Length: {len(self.body)}") + self.body

    def stream_head(self) -> bytes:
        """Chunks follow."""
        return self._head("Transfer-Encoding: chunked")

    def _head(self, framing: str) -> bytes:
        kept = [f"{key}: {value}" for key, value in self.headers if key.lower() not in _HOP]
        return "\r\n".join([self.first, *kept, framing, "", ""]).encode()


def answer(code: int, body: bytes, kind: str = "application/json", *headers: tuple[str, str]) -> Message:
    return Message(f"HTTP/1.1 {code} Told", (("Content-Type", kind), *headers), body)


def status(code: int, reason: str, message: str) -> bytes:
    return json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code, "message": message}).encode()


async def read_head(reader: StreamReader) -> Message | None:
    """None when the other side has nothing more to say."""
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode()
    except IncompleteReadError:
        return None
    first, *lines = text.strip("\r\n").split("\r\n")
    headers = [line.partition(":") for line in lines]
    return Message(first, tuple((key.strip(), value.strip()) for key, _, value in headers))


async def read_body(reader: StreamReader, head: Message) -> Message:
    if head.header("transfer-encoding") == "chunked":
        body = b"".join([chunk async for chunk in chunks(reader)])
    else:
        body = await reader.readexactly(int(head.header("content-length") or 0))
    return Message(head.first, head.headers, body)


async def chunks(reader: StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")


async def lines(reader: StreamReader) -> AsyncIterator[bytes]:
    """Of a chunked body, each with its end."""
    held = b""
    async for chunk in chunks(reader):
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line + b"\n"


def chunk_of(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b"0\r\n\r\n"
