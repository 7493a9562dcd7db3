"""A proxy between an operator and the API server. It terminates TLS, understands HTTP and does to each request what its schedule says."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path
from typing import Self

from faults import http1
from faults.exchange import Exchange, Harm, Upstream
from faults.schedule import Schedule
from testbed.forward import enter


class Proxy:
    """Lives on a thread of its own, whose sockets are in the network namespace, until it is closed. Without a schedule it only passes on."""

    def __init__(self, netns: Path | None, upstream: Upstream, certificate: Path, schedule: Schedule | None = None) -> None:
        """`certificate`: a file with the chain and the key of 127.0.0.1."""
        self.schedule = schedule
        self.port = 0
        self.failure: BaseException | None = None
        self._upstream = upstream
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)
        self._clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._listens, self._ends = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._live, args=(netns,), daemon=True)
        self._thread.start()
        self._listens.wait()
        if self.failure:
            raise self.failure

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def calm(self) -> None:
        """From now on requests are only passed on; what was done to those under way lasts."""
        self.schedule = None

    def reset(self) -> int:
        """Ends all connections at once, in the midst of whatever they are at; how many there were."""
        return asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ends.set)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _live(self, netns: Path | None) -> None:
        try:
            if netns:
                enter(netns)
            asyncio.run(self._serve())
        except BaseException as problem:
            self.failure = problem
        finally:
            self._listens.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, ssl=self._tls, limit=http1.LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._ends.wait()
        server.close()
        await self._reset()

    async def _reset(self) -> int:
        clients = dict(self._clients)
        for client in clients.values():
            client.transport.abort()
        await asyncio.gather(*clients)
        return len(clients)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._clients[task] = writer
        gone = asyncio.ensure_future(writer.wait_closed())
        try:
            while not writer.is_closing() and (head := await http1.read_head(reader)):
                await self._exchange(await http1.read_body(reader, head), writer, gone)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side has gone
        finally:
            del self._clients[task]
            writer.transport.abort()
            await asyncio.wait({gone})
            gone.exception()  # how it went is of no interest

    async def _exchange(self, request: http1.Message, writer: asyncio.StreamWriter, gone: asyncio.Future[None]) -> None:
        """Until what is done to it is done, or the client has gone."""
        schedule = self.schedule
        exchange = Exchange(request, writer, self._upstream, schedule.chance.random if schedule else _never)
        harm: Harm = getattr(exchange, (schedule.next(request) if schedule else "") or "pass_on")
        work = asyncio.ensure_future(harm())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            work.cancel()
            await asyncio.wait({work})
            exchange.close()


def _never() -> float:
    return 0.0
