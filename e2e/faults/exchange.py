"""One request and what becomes of it. Each public method but `close` is a fault of schedule.py, or `pass_on`."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from faults import http1
from faults.http1 import Message, answer, status

Harm = Callable[[], Coroutine[None, None, None]]

_SOON = (0.5, 6.0)  # seconds that a watch lives before something is done to it
_LATE = (0.2, 1.5)  # seconds that a call or a line is held back
_FUTURE = 1000  # versions: minutes of a small cluster
_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to use this network.</body></html>"


class Upstream:
    """The API server, and who signed its certificate."""

    def __init__(self, address: str, port: int, authority: Path, name: str = "kubernetes") -> None:
        """`name`: that its certificate has."""
        self._address, self._port, self._name = address, port, name
        self._tls = ssl.create_default_context(cafile=str(authority))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._address, self._port, ssl=self._tls, server_hostname=self._name, limit=http1.LIMIT)


class Exchange:
    def __init__(self, request: Message, client: asyncio.StreamWriter, upstream: Upstream, chance: Callable[[], float]) -> None:
        """Each has connections of its own upstream, so that none meets one that has gone meanwhile."""
        self._request, self._client, self._upstream, self._chance = request, client, upstream, chance
        self._open: list[asyncio.StreamWriter] = []
        self._began = False  # a stream of lines

    def close(self) -> None:
        for there in self._open:
            there.transport.abort()

    # -- calls

    async def pass_on(self) -> None:
        await self._pass(self._same)

    async def delay(self) -> None:
        await asyncio.sleep(self._between(_LATE))
        await self.pass_on()

    async def refuse(self) -> None:
        """The connection ends before the server hears of it."""
        self._cut()

    async def lose(self) -> None:
        """The server has done it; nobody says so."""
        await self._ask()
        self._cut()

    async def lose_by_error(self) -> None:
        """The server has done it; the answer says that it went wrong."""
        await self._ask()
        await self._say(answer(500, status(500, "InternalError", "the answer was lost on its way")))

    async def cut(self) -> None:
        """The answer ends in its midst."""
        message = await self._ask()
        text = message.whole()
        self._client.write(text[: len(text) - (len(message.body) + 1) // 2])
        await self._client.drain()
        self._cut()

    async def twice(self) -> None:
        """As one does that repeats what it got no answer to: the second answer is told."""
        await self._ask()
        await self._say(await self._ask())

    async def throttle(self) -> None:
        await self._say(answer(429, status(429, "TooManyRequests", "please try again later"), "application/json", ("Retry-After", "1")))

    async def broken(self) -> None:
        await self._say(answer(500, status(500, "InternalError", "etcdserver: leader changed")))

    async def busy(self) -> None:
        """As what stands before a server says it, which knows nothing of Kubernetes."""
        await self._say(answer(503, b"no healthy upstream", "text/plain"))

    async def gone(self) -> None:
        await self._say(answer(410, status(410, "Expired", "The resourceVersion for the provided watch is too old.")))

    async def page(self) -> None:
        """As a network says it that wants people to sign in first."""
        await self._say(answer(200, _PAGE, "text/html"))

    async def silent(self) -> None:
        """Nobody answers, and nobody hangs up."""
        await asyncio.Event().wait()

    # -- watches

    async def late(self) -> None:
        """Each line by its own delay, none before an earlier one; they do not wait for each other's, or a busy watch would fall behind for good."""
        loop = asyncio.get_running_loop()
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, line = await held.get()
                await asyncio.sleep(due - loop.time())
                await self._same(line)
                held.task_done()

        async def hold_back(line: bytes) -> None:
            held.put_nowait((loop.time() + self._between(_LATE), line))

        delivery = asyncio.create_task(deliver())
        try:
            await self._pass(hold_back, held.join)
        finally:
            delivery.cancel()

    async def repeat(self) -> None:
        """Each line comes twice."""

        async def again(line: bytes) -> None:
            await self._same(line)
            await self._same(line)

        await self._pass(again)

    async def no_bookmarks(self) -> None:
        """But for the one that ends the initial events."""

        async def without(line: bytes) -> None:
            if b'"BOOKMARK"' not in line or b"initial-events-end" in line:
                await self._same(line)

        await self._pass(without)

    async def cut_soon(self) -> None:
        if await self._for_a_while():
            self._cut()

    async def cut_in_a_line(self) -> None:
        """Of the first line after a while only the half comes."""

        async def half(line: bytes) -> None:
            await self._same(line[: len(line) // 2])
            self._cut()

        await self._pass_but_one(half)

    async def gone_inside(self) -> None:
        if await self._for_a_while():
            self._end_by(status(410, "Expired", "too old resource version: 1 (2)"))

    async def broken_inside(self) -> None:
        if await self._for_a_while():
            self._end_by(status(500, "InternalError", "unable to decode an event from the watch stream"))

    async def end_soon(self) -> None:
        """As the server ends one whose time is over."""
        if await self._for_a_while():
            self._end()

    async def freeze(self) -> None:
        """After a while no byte comes any more, and nobody hangs up."""
        if await self._for_a_while():
            await self.silent()

    async def future(self) -> None:
        """A bookmark that names a version which the server does not have yet."""

        async def lie(line: bytes) -> None:
            await self._same(line)
            await self._same(_future(line))

        await self._pass_but_one(lie)

    # -- parts

    async def _for_a_while(self) -> bool:
        """Lines as they are. False when the stream is over by itself, or never began."""
        try:
            async with asyncio.timeout(self._between(_SOON)):
                await self.pass_on()
                return False
        except TimeoutError:
            if not self._began:
                self._cut()
            return self._began

    async def _pass_but_one(self, tell: Callable[[bytes], Awaitable[None]]) -> None:
        """Lines as they are, but the first one after a while."""
        loop = asyncio.get_running_loop()
        at: float | None = loop.time() + self._between(_SOON)

        async def choose(line: bytes) -> None:
            nonlocal at
            if at is None or loop.time() < at:
                return await self._same(line)
            at = None
            await tell(line)

        await self._pass(choose)

    async def _pass(self, tell: Callable[[bytes], Awaitable[None]], all_told: Callable[[], Awaitable[None]] | None = None) -> None:
        """Line by line what comes as a stream; other answers as they are."""
        head, reader = await self._send()
        if "watch=true" not in self._request.target or head.code != 200:
            return await self._say(await http1.read_body(reader, head))
        self._client.write(head.stream_head())
        self._began = True
        async for line in http1.lines(reader):
            await tell(line)
        if all_told:
            await all_told()
        self._end()

    async def _same(self, line: bytes) -> None:
        self._client.write(http1.chunk_of(line))
        await self._client.drain()

    async def _send(self) -> tuple[Message, asyncio.StreamReader]:
        reader, writer = await self._upstream.connect()
        self._open.append(writer)
        writer.write(self._request.whole())
        await writer.drain()
        head = await http1.read_head(reader)
        if head is None:
            raise ConnectionResetError("the server hung up")
        return head, reader

    async def _ask(self) -> Message:
        head, reader = await self._send()
        return await http1.read_body(reader, head)

    async def _say(self, message: Message) -> None:
        self._client.write(message.whole())
        await self._client.drain()

    def _cut(self) -> None:
        self._client.transport.abort()

    def _end(self) -> None:
        self._client.write(http1.END)

    def _end_by(self, error: bytes) -> None:
        self._client.write(http1.chunk_of(b'{"type":"ERROR","object":' + error + b"}\n") + http1.END)

    def _between(self, span: tuple[float, float]) -> float:
        least, most = span
        return least + (most - least) * self._chance()


def _future(line: bytes) -> bytes:
    event = json.loads(line)["object"]
    version = str(int(event["metadata"]["resourceVersion"]) + _FUTURE)
    about = {"kind": event["kind"], "apiVersion": event["apiVersion"], "metadata": {"resourceVersion": version}}
    return json.dumps({"type": "BOOKMARK", "object": about}).encode() + b"\n"
