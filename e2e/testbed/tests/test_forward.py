"""A forwarded port carries both directions, and says what is wrong with its words."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from testbed import forward
from testbed.shell import TestbedError


@pytest.mark.parametrize("target", ["10.0.0.1", ":80", "10.0.0.1:http"])
def test_target_needs_address_and_port(target: str) -> None:
    with pytest.raises(TestbedError, match="is not <address>:<port>"):
        forward.forward(Path("/proc/self/ns/net"), 0, target)


def test_bytes_go_both_ways() -> None:
    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        writer.close()

    async def ask() -> bytes:
        server = await asyncio.start_server(upper, "127.0.0.1", 0)
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        leading = asyncio.create_task(forward.serve(listener, "127.0.0.1", server.sockets[0].getsockname()[1]))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        leading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leading
        server.close()
        return answer

    assert asyncio.run(ask()) == b"HELLO"
