"""A port of this machine that leads into a cluster's network: for browsers, which cannot be run inside it."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
from pathlib import Path

from testbed.shell import TestbedError, say

_CLONE_NEWNET = 0x40000000
_CHUNK = 1 << 16


def forward(netns: Path, port: int, target: str) -> None:
    """Listens on this machine's loopback, connects inside the network; ends when it is interrupted."""
    host, _, inner = target.rpartition(":")
    if not host or not inner.isdigit():
        raise TestbedError(f"forward: {target!r} is not <address>:<port>")
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise TestbedError(f"forward: port {port}: {error.strerror}") from None
    enter(netns)
    say(f"http://127.0.0.1:{port} leads to {target}; end it with Ctrl-C")
    asyncio.run(serve(listener, host, int(inner)))


def enter(netns: Path) -> None:
    """Sockets that exist already stay where they were made."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(netns, os.O_RDONLY)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise TestbedError(f"forward: {netns}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)


async def serve(listener: socket.socket, host: str, port: int) -> None:
    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()  # nobody answers there now
            return
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    async with await asyncio.start_server(lead, sock=listener) as server:
        await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass  # one side has gone
    finally:
        writer.close()
