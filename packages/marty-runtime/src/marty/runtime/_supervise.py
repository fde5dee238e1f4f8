"""The life of a service in one process, from bind to exit code."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from loguru import logger

from marty.runtime._errors import StartupError
from marty.runtime._exit import ExitCode
from marty.runtime._health import Phase
from marty.runtime._server import Cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from marty.runtime._health import Health
    from marty.runtime._lifespan import Lifespan
    from marty.runtime._server import Server
    from marty.runtime._stop import Stop

_CLOSE_SECONDS = 2.0
"""What the lifespan gets to close at the least; pause + grace + this stays below a pod's 30 s."""


@dataclass(frozen=True)
class Budget:
    """Bounds in seconds on each part of a service's life."""

    startup: float
    """From bound ports to ready."""
    pause: Callable[[Stop], float]
    """From not ready to closed listeners: the time a load balancer needs to notice."""
    grace: float
    """From closed listeners to the last answer."""


async def supervise(  # noqa: PLR0913 - the seven concepts meet here, and nowhere else
    servers: Sequence[Server],
    *,
    probes: Sequence[Server],
    lifespan: Lifespan,
    health: Health,
    stop: Stop,
    budget: Budget,
    on_ready: Callable[[dict[str, str]], None],
) -> ExitCode:
    """Run ``servers`` until ``stop`` is set or one of them, or of ``probes``, ends.

    All ports are bound before anything runs. ``probes`` start first and stop last, so that readiness can be
    seen all through the drain. ``on_ready`` gets what each ``bind`` returned once all of them answer.

    Raises:
        ServiceError: it could not start, or its lifespan did not close; all that had started is stopped.
    """
    everything = [*servers, *probes]
    addresses: dict[str, str] = {}
    async with contextlib.AsyncExitStack() as opened:
        for server in everything:
            addresses.update(server.bind())
            opened.push_async_callback(_stop_all, [server], 0)
        for server in probes:
            await server.start()
        opened.push_async_callback(lifespan.stop, _CLOSE_SECONDS)
        opened.push_async_callback(_stop_all, servers, 0)
        if not await _start(lifespan, servers, stop, budget.startup):
            return ExitCode.STOPPED
        health.move_to(Phase.READY)
        on_ready(addresses)

        has_died = await _wait(everything, stop)
        health.move_to(Phase.DRAINING)
        pause = 0 if has_died else budget.pause(stop)
        logger.info("service draining", pause_seconds=pause, grace_seconds=budget.grace)
        await asyncio.sleep(pause)
        deadline = asyncio.get_running_loop().time() + budget.grace
        cut = await _stop_all(servers, budget.grace)
        await lifespan.stop(max(_CLOSE_SECONDS, deadline - asyncio.get_running_loop().time()))
    return _verdict(cut, has_died=has_died)


async def _start(lifespan: Lifespan, servers: Sequence[Server], stop: Stop, timeout: float) -> bool:
    """Whether everything started; not when ``stop`` was set meanwhile."""

    async def start() -> None:
        await lifespan.start()
        # gRPC, the last, first: its register function may fail, and then HTTP must not have answered.
        for server in reversed(servers):
            await server.start()

    starting = asyncio.ensure_future(start())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            return True
        if stopping.done():
            logger.info("service stopped while it started")
            return False
        raise StartupError(
            f"startup.timeout: the service was not ready after {timeout:g}s{lifespan.place()}; "
            "raise startup.timeout, or bound what its start waits for"
        )
    finally:
        for task in (starting, stopping):
            task.cancel()
        await asyncio.wait({starting, stopping})


async def _wait(servers: Sequence[Server], stop: Stop) -> bool:
    """Return at the first end: whether it was a server's, rather than asked for."""
    ends = {asyncio.ensure_future(server.wait()): server for server in servers}
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({stopping, *ends}, return_when=asyncio.FIRST_COMPLETED)
        dead = [task for task in ends if task.done()]
        for task in dead:
            logger.opt(exception=task.exception()).error("server ended on its own", server=ends[task].name)
        return bool(dead)
    finally:
        for task in (stopping, *ends):
            task.cancel()


async def _stop_all(servers: Sequence[Server], grace: float) -> Cut:
    """Stop all at once under one grace; one that fails to stop does not keep the others from it."""
    # Not a TaskGroup: there, one failing stop would cancel the drain of the others.
    results = await asyncio.gather(*(server.stop(grace) for server in servers), return_exceptions=True)
    total = Cut()
    for server, result in zip(servers, results):
        if isinstance(result, BaseException):
            logger.opt(exception=result).error("server failed to stop", server=server.name)
            total += Cut(unanswered=1)
        else:
            total += result
    return total


def _verdict(cut: Cut, *, has_died: bool) -> ExitCode:
    if cut != Cut():
        logger.warning("calls cut at the end of the grace", unanswered=cut.unanswered, answering=cut.answering)
    logger.info("service stopped")
    return ExitCode.FAILED if has_died or cut.unanswered else ExitCode.STOPPED
