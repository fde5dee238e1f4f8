"""grpc.health.v1 as a view of Health.

The servicer of grpcio-health-checking keeps a state of its own and leaves every Watch open until the grace
is over, which makes each drain as long as its grace.
https://github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from marty.runtime._health import Health

_Response = health_pb2.HealthCheckResponse


class HealthServicer(health_pb2_grpc.HealthServicer):
    """Answers for the server as a whole (``""``) and for each service that it serves."""

    def __init__(self, health: Health, services: Collection[str]) -> None:
        """Read ``health``; know ``services`` by full name, such as ``pets.v1.GreeterService``."""
        self._health = health
        self._known = {"", *services}
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every open Watch; called when the server stops, after NOT_SERVING was sent."""
        self._closing.set()

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The status now; NOT_FOUND for a service that is not served here."""
        if request.service not in self._known:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"service {request.service} is not served here")
        return _Response(status=self._status(request.service))

    async def Watch(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802, ARG002 - the protocol's
        """The status now and at each change; SERVICE_UNKNOWN, and no end, for a service not served here."""
        closing = asyncio.ensure_future(self._closing.wait())
        sent = None
        try:
            while True:
                changed = asyncio.ensure_future(self._health.changed())
                status = self._status(request.service)
                if status != sent:
                    yield _Response(status=status)
                    sent = status
                if self._closing.is_set():
                    changed.cancel()
                    return
                try:
                    await asyncio.wait({changed, closing}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
        finally:
            closing.cancel()

    def _status(self, service: str) -> Any:
        if service not in self._known:
            return _Response.SERVICE_UNKNOWN
        return _Response.SERVING if self._health.is_ready else _Response.NOT_SERVING
