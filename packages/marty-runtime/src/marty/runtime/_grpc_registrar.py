"""What a service's ``register(server)`` is given: a grpc.aio server on which it can only register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import grpc
import grpc.aio

from marty.runtime._errors import DiscoveryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from marty.runtime._grpc_handlers import HandlerObserver


class Registrar(grpc.aio.Server):
    """Takes handlers, wraps each once, and hands them to the real server.

    A subclass, so that an annotation or an ``isinstance`` in the service holds; everything but registering
    is the framework's and says so.
    """

    def __init__(self, server: grpc.aio.Server, observer: HandlerObserver) -> None:
        """Register on ``server`` what ``observer`` has wrapped."""
        self._target = server
        self._observer = observer
        self._services: list[str] = []

    @property
    def services(self) -> tuple[str, ...]:
        """Full names of the services registered so far, in order."""
        return tuple(self._services)

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """What generated ``add_…Servicer_to_server`` functions call."""
        handlers = tuple(generic_rpc_handlers)
        for handler in handlers:
            if isinstance(handler, grpc.ServiceRpcHandler):
                self._services.append(handler.service_name())
        self._target.add_generic_rpc_handlers(tuple(_ObservedHandler(handler, self._observer) for handler in handlers))

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Any]) -> None:
        """What generated code calls beside it from grpcio 1.63 on."""
        self._target.add_registered_method_handlers(
            service_name,
            {
                method: self._observer.wrap(f"{service_name}/{method}", handler)
                for method, handler in method_handlers.items()
            },
        )

    def add_insecure_port(self, address: str) -> int:  # noqa: ARG002 - the signature of grpc
        """Not for a service."""
        self._refuse("add_insecure_port", "set grpc.host and grpc.port instead")

    def add_secure_port(self, address: str, server_credentials: grpc.ServerCredentials) -> int:  # noqa: ARG002 - the signature of grpc
        """Not for a service."""
        self._refuse("add_secure_port", "set grpc.host and grpc.port instead")

    async def start(self) -> None:
        """Not for a service."""
        self._refuse("start", "the framework starts the server after register returns")

    async def stop(self, grace: float | None) -> None:  # noqa: ARG002 - the signature of grpc
        """Not for a service."""
        self._refuse("stop", "the framework stops the server when the service ends")

    async def wait_for_termination(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the signature of grpc
        """Not for a service."""
        self._refuse("wait_for_termination", "the framework waits for the server")

    def __del__(self) -> None:
        """Nothing: the real server is not this object's to stop."""

    @staticmethod
    def _refuse(method: str, remedy: str) -> NoReturn:
        raise DiscoveryError(f"register(server) called server.{method}(); {remedy}")


class _ObservedHandler(grpc.GenericRpcHandler):
    """Wraps each method handler the first time it is asked for.

    What is kept is bounded by the methods of a service. A handler that answers for any name has no such
    bound: its calls are wrapped one by one and share the name ``other``, as gRPC's metrics do.
    https://github.com/grpc/proposal/blob/master/A66-otel-stats.md
    """

    def __init__(self, inner: grpc.GenericRpcHandler, observer: HandlerObserver) -> None:
        self._inner = inner
        self._observer = observer
        self._is_service = isinstance(inner, grpc.ServiceRpcHandler)
        self._wrapped: dict[str, Any] = {}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            handler: Any = self._inner.service(handler_call_details)
            if handler is None:
                return None
            wrapped = self._observer.wrap(method if self._is_service else "other", handler)
            if self._is_service:
                self._wrapped[method] = wrapped
        return wrapped
