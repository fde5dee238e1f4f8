"""Messages between the parent and one worker, over a pair of sockets that nobody else can reach.

Pickled, since both ends are the same code of the same user. The end of the stream means that the other
process is gone.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional, Union

if TYPE_CHECKING:
    import socket

    from prometheus_client.metrics_core import Metric

    from marty.config import ServiceSettings
    from marty.runtime._service import Entry

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Launch:
    """To a new worker, as the first message: what to run."""

    settings: ServiceSettings
    entry: Entry
    number: int
    http_fd: Optional[int]
    grpc_port: Optional[int]
    is_debug: bool


@dataclass(frozen=True)
class Imported:
    """From a worker: its code is imported; from here on ``startup.timeout`` counts."""


@dataclass(frozen=True)
class Ready:
    """From a worker: it answers on all its ports."""


@dataclass(frozen=True)
class StopServing:
    """To a worker: no new work is wanted from now on; goes on serving."""


@dataclass(frozen=True)
class Drain:
    """To a worker: finish what is in flight and end."""


@dataclass(frozen=True)
class Collect:
    """To a worker: send your metrics."""


@dataclass(frozen=True)
class Collected:
    """From a worker: its metrics, on demand and once more before it ends."""

    families: list[Metric]


Message = Union[Launch, Imported, Ready, StopServing, Drain, Collect, Collected]


def send_first(end: socket.socket, message: Message) -> None:
    """Send without a loop; the worker reads it before it has one."""
    end.sendall(_pack(message))


def receive_first(end: socket.socket) -> Any:
    """Read one message without a loop; raises EOFError when the parent is gone."""
    with end.dup().makefile("rb", buffering=0) as stream:
        return pickle.loads(_read_exactly(stream, _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))[0]))  # noqa: S301 - from our parent


class Channel:
    """One end of the pair, on a loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use ``open``."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> Channel:
        """Take over ``end``."""
        end.setblocking(False)
        return cls(*await asyncio.open_connection(sock=end))

    def send(self, message: Message) -> None:
        """Send, or do nothing when the other end is gone; that is learnt by receiving."""
        if not self._writer.is_closing():
            self._writer.write(_pack(message))

    async def flush(self) -> None:
        """Return when little of what was sent is still in this process, or the other end is gone."""
        try:
            await self._writer.drain()
        except ConnectionError:
            return

    async def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: the other process is gone.
        """
        try:
            size = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))[0]
            return pickle.loads(await self._reader.readexactly(size))  # noqa: S301 - from our own other half
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise EOFError from error

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def _pack(message: Message) -> bytes:
    data = pickle.dumps(message)
    return _LENGTH.pack(len(data)) + data


def _read_exactly(stream: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = stream.read(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data
