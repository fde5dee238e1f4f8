"""All workers of a service as one Server, so that the supervisor runs them as it runs any other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from loguru import logger

from marty.runtime import _sockets
from marty.runtime._errors import ServiceError
from marty.runtime._locate import named_anew
from marty.runtime._server import Cut
from marty.runtime._workers._channel import Launch
from marty.runtime._workers._slot import Slot
from marty.runtime._workers._totals import Totals
from marty.runtime._workers._worker import Worker

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Iterable

    from prometheus_client.metrics_core import Metric

    from marty.config import ServiceSettings
    from marty.runtime._service import Entry

_EXIT_SECONDS = 5.0
"""What a worker gets beyond its grace to close its lifespan and leave, before it is killed."""
_COLLECT_SECONDS = 1.0


class Fleet:
    """As many workers as ``workers`` says, on ports that this process holds."""

    name = "workers"

    def __init__(self, settings: ServiceSettings, entry: Entry, *, is_debug: bool) -> None:
        """Run ``entry``; with ``is_debug`` workers show the traceback of every failure."""
        self._launch = Launch(settings, entry, 0, None, None, is_debug=is_debug)
        self._slots = [Slot(self._starter(number)) for number in range(1, settings.workers + 1)]
        self._open: list[Slot] = []
        self._held: list[socket.socket] = []
        self._totals = Totals()
        self._rolling: asyncio.Task[None] | None = None
        self._is_serving = True
        self.has_failed = False
        """Whether a worker ended otherwise than asked, at the end of the service."""

    def bind(self) -> dict[str, str]:
        """Take the service's ports for all workers; see ``Server.bind``."""
        addresses = {}
        settings, entry = self._launch.settings, self._launch.entry
        if entry.app is not None:
            http = _sockets.listen(settings, "http")
            self._held.append(http)
            self._launch = replace(self._launch, http_fd=http.fileno())
            addresses["http"] = _sockets.url(http)
        if entry.register is not None:
            reserved = _sockets.reserve(settings, "grpc")
            self._held.append(reserved)
            host, port = _sockets.address(reserved)
            self._launch = replace(self._launch, grpc_port=port)
            addresses["grpc"] = _sockets.authority(host, port)
        return addresses

    async def start(self) -> None:
        """Start one worker, and once it is ready all others; see ``Server.start``.

        One first: what keeps a service from starting is then shown once and not once per worker.
        """
        first, *others = self._slots
        await self._open_slot(first)
        results = await asyncio.gather(*(self._open_slot(slot) for slot in others), return_exceptions=True)
        for error in (result for result in results if result is not None):
            raise error

    async def wait(self) -> None:
        """Return when a worker was given up; see ``Server.wait``."""
        ends = [asyncio.ensure_future(slot.given_up()) for slot in self._open]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    async def stop(self, grace: float) -> Cut:
        """Drain all workers at once; see ``Server.stop``. They log what each had to cut."""
        if self._rolling is not None:
            self._rolling.cancel()
            await asyncio.wait({self._rolling})
        slots, self._open = self._open, []
        ended_well = await asyncio.gather(*(slot.close(grace + _EXIT_SECONDS) for slot in slots))
        self.has_failed = self.has_failed or not all(ended_well)
        for held in self._held:
            held.close()
        return Cut()

    def stop_serving(self) -> None:
        """Let the gRPC health of every worker, also of those to come, say that no new work is wanted."""
        self._is_serving = False
        for worker in self._workers():
            worker.stop_serving()

    async def collect(self) -> Iterable[Metric]:
        """The metrics of all workers, summed."""
        answers = await asyncio.gather(*(worker.collect(_COLLECT_SECONDS) for worker in self._workers()))
        return self._totals.with_living(answers)

    async def roll(self, settings: ServiceSettings) -> None:
        """Replace the workers one at a time, each old one only once its successor is ready.

        A successor that does not become ready leaves the old one serving and ends the roll. ``settings``
        apply to workers from now on; ports stay as they are bound.
        """
        self._rolling = asyncio.ensure_future(self._roll(settings))
        await asyncio.wait({self._rolling})

    async def _roll(self, settings: ServiceSettings) -> None:
        entry = named_anew(settings, self._launch.entry)
        before, self._launch = self._launch, replace(self._launch, settings=settings, entry=entry)
        for slot in self._open:
            try:
                await slot.renew(settings.shutdown.grace + _EXIT_SECONDS)
            except ServiceError as error:
                self._launch = before
                logger.error("workers not rolled, the old ones serve on", reason=str(error))
                return
        logger.info("workers rolled", count=len(self._open))

    async def _open_slot(self, slot: Slot) -> None:
        await slot.open()
        self._open.append(slot)

    def _starter(self, number: int) -> Callable[[], Awaitable[Worker]]:
        async def start() -> Worker:
            worker = await Worker.start(
                replace(self._launch, number=number), lambda worker: self._totals.retire(worker.families)
            )
            if not self._is_serving:
                worker.stop_serving()
            return worker

        return start

    def _workers(self) -> list[Worker]:
        return [worker for slot in self._open for worker in slot.workers]
