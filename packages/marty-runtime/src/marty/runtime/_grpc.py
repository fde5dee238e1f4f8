"""The gRPC server: grpc.aio with grpc.health.v1 and the service's own servicers."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2_grpc

from marty.runtime import _sockets
from marty.runtime._calls import Calls
from marty.runtime._errors import DiscoveryError, StartupError
from marty.runtime._grpc_handlers import CallRecorder, HandlerObserver
from marty.runtime._grpc_health import HealthServicer
from marty.runtime._grpc_registrar import Registrar
from marty.runtime._server import Cut

if TYPE_CHECKING:
    from marty.config import ServiceSettings
    from marty.runtime._health import Health
    from marty.runtime._service import Service

_CUT_SECONDS = 1.0
"""How long a handler gets to end once it has been cancelled."""
_TICK_SECONDS = 0.01


class GrpcServer:
    """Serves what the service's ``register`` function adds."""

    name = "grpc"

    def __init__(
        self,
        service: Service,
        settings: ServiceSettings,
        health: Health,
        recorders: tuple[CallRecorder, ...] = (),
        shared_port: int | None = None,
    ) -> None:
        """Serve ``service``; on ``shared_port``, which the parent of several workers holds, where given."""
        self._service = service
        self._settings = settings
        self._health = health
        self._recorders = recorders
        self._shared_port = shared_port
        self._calls = Calls()
        self._health_servicer: HealthServicer | None = None

    def bind(self) -> dict[str, str]:
        """Take the port; see ``Server.bind``."""
        section = self._settings.grpc
        is_shared = self._shared_port is not None
        self._server = grpc.aio.server(
            options=(
                # On by default, and then a second server binds the same port without a word.
                ("grpc.so_reuseport", int(is_shared)),
                ("grpc.max_receive_message_length", section.max_message),
                ("grpc.max_send_message_length", section.max_message),
            )
        )
        port = self._shared_port
        if port is None:
            # grpc says only "failed to bind"; a socket of our own says who holds the port.
            probe = _sockets.listen(self._settings, "grpc")
            _, port = _sockets.address(probe)
            probe.close()
        authority = _sockets.authority(section.host, port)
        try:
            self._server.add_insecure_port(authority)
        except RuntimeError as error:
            raise StartupError(f"grpc.port: {authority} cannot be bound: {error}") from None
        return {self.name: authority}

    async def start(self) -> None:
        """Register the servicers and answer; see ``Server.start``.

        After the lifespan began, so that ``register`` may use what it opened.
        """
        registrar = Registrar(self._server, HandlerObserver(self._calls, self._recorders))
        await self._register(registrar)
        self._health_servicer = HealthServicer(self._health, registrar.services)
        health_pb2_grpc.add_HealthServicer_to_server(self._health_servicer, self._server)
        await self._server.start()
        # One task for the whole life: cancelling wait_for_termination() makes stop() cut calls in flight.
        self._ended = asyncio.ensure_future(self._server.wait_for_termination())

    async def wait(self) -> None:
        """Return when the server has ended; see ``Server.wait``."""
        await asyncio.shield(self._ended)

    async def stop(self, grace: float) -> Cut:
        """Drain within ``grace`` seconds; see ``Server.stop``."""
        if self._health_servicer is not None:
            self._health_servicer.close()
        # stop() with a grace of its own would cancel handlers at the same moment as they are counted here.
        stopping = asyncio.ensure_future(self._server.stop(grace + _CUT_SECONDS))
        await asyncio.wait({stopping}, timeout=grace)
        cut = Cut()
        if not stopping.done():
            cut = self._calls.cut()
            await self._server.stop(None)
            ended = asyncio.get_running_loop().time() + _CUT_SECONDS
            while len(self._calls) and asyncio.get_running_loop().time() < ended:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(_TICK_SECONDS)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stopping, _CUT_SECONDS)
        return cut

    async def _register(self, registrar: Registrar) -> None:
        register: Any = self._service.register
        try:
            done = register(registrar)
            if inspect.isawaitable(done):
                await done
        except DiscoveryError:
            raise
        except Exception as error:
            raise DiscoveryError(f"{self._service.register_path}: register(server) failed") from error
        if not registrar.services:
            raise DiscoveryError(
                f"{self._service.register_path}: register(server) added no servicer; call an"
                " add_…Servicer_to_server(…, server) of your generated code in it"
            )
