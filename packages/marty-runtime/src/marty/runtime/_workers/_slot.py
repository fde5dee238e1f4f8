"""One place in the fleet: always one worker, replaced when it ends by itself and when it is renewed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Callable

from loguru import logger

from marty.runtime._errors import ServiceError
from marty.runtime._workers._worker import describe_exit

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from marty.runtime._workers._worker import Worker

_GIVE_UP_AFTER = 5
"""Starts in a row that did not last before the service is given up."""
_STEADY_SECONDS = 10.0
"""How long a worker must have lived for its end not to count as one more failed start."""
_FIRST_DELAY_SECONDS = 0.1


class Slot:
    """Keeps one worker running from ``open`` to ``close``."""

    def __init__(self, start: Callable[[], Awaitable[Worker]]) -> None:
        """Get each worker, ready, from ``start``, which raises a ServiceError when there is none."""
        self._start = start
        self._leaving: set[Worker] = set()
        self._changing = asyncio.Lock()

    async def open(self) -> None:
        """Start the first worker.

        Raises:
            ServiceError: it did not start.
        """
        self._worker = await self._start()
        self._keeping = asyncio.ensure_future(self._keep())

    @property
    def workers(self) -> set[Worker]:
        """The worker, and those before it that still drain, without any that has ended."""
        return {worker for worker in (self._worker, *self._leaving) if not worker.has_ended}

    async def given_up(self) -> None:
        """Return when replacing the worker has not helped."""
        await asyncio.shield(self._keeping)

    async def renew(self, within: float) -> None:
        """Start a successor, and once it is ready drain the worker before it, for ``within`` seconds at most.

        Raises:
            ServiceError: the successor did not start; the worker serves on.
        """
        async with self._changing:
            successor = await self._start()
            old, self._worker = self._worker, successor
        self._leaving.add(old)
        await old.drain(within)
        self._leaving.discard(old)

    async def close(self, within: float) -> bool:
        """Drain what is left, for ``within`` seconds at most; whether all of it ended well."""
        self._keeping.cancel()
        await asyncio.wait({self._keeping})
        codes = await asyncio.gather(*(worker.drain(within) for worker in self.workers))
        return not any(codes)

    async def _keep(self) -> None:
        """Replace the worker each time that it ends by itself, ever more slowly; return when given up."""
        clock, failures = asyncio.get_running_loop().time, 0
        while True:
            worker, began = self._worker, clock()
            code = await worker.exited()
            if worker is not self._worker:  # renewed
                failures = 0
                continue
            logger.error("worker ended", number=worker.number, pid=worker.pid, reason=describe_exit(code))
            if clock() - began >= _STEADY_SECONDS:
                failures = 0
            while worker is self._worker:
                failures += 1
                if failures > _GIVE_UP_AFTER:
                    logger.error("worker given up", number=worker.number, starts=_GIVE_UP_AFTER)
                    return
                await asyncio.sleep(_FIRST_DELAY_SECONDS * 2 ** (failures - 1))
                await self._replace(worker)

    async def _replace(self, worker: Worker) -> None:
        async with self._changing:
            if worker is not self._worker:  # renewed meanwhile
                return
            try:
                self._worker = await self._start()
            except ServiceError as error:
                logger.error("worker did not start", number=worker.number, reason=str(error))
            else:
                logger.info("worker replaced", number=worker.number, pid=self._worker.pid)
