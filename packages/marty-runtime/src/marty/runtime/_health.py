"""Whether the service may be sent work; HTTP probes and grpc.health.v1 only read it."""

from __future__ import annotations

import asyncio
import enum


class Phase(enum.Enum):
    """Where a service stands in its life; it only moves forward."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Health:
    """The phase of one service, and news of each change of it.

    Made and changed on the service's event loop.
    """

    def __init__(self) -> None:
        """Begin in the phase STARTING."""
        self._phase = Phase.STARTING
        self._changed = asyncio.Event()

    @property
    def phase(self) -> Phase:
        """The phase now."""
        return self._phase

    @property
    def is_ready(self) -> bool:
        """Whether new work may be sent."""
        return self._phase is Phase.READY

    @property
    def has_started(self) -> bool:
        """Whether the start is over, also once the service drains."""
        return self._phase is not Phase.STARTING

    def move_to(self, phase: Phase) -> None:
        """Enter ``phase`` and tell everyone who waits."""
        self._phase = phase
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Return at the next change."""
        await self._changed.wait()
