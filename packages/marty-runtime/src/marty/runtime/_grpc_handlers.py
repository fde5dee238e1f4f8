"""gRPC handlers wrapped once, when they are registered, so that a call costs one extra frame.

An interceptor would be asked on every call and would have to rebuild the handler each time.
"""

from __future__ import annotations

import inspect
from time import perf_counter
from typing import TYPE_CHECKING, Any, Callable, Protocol

import grpc

from marty.runtime._grpc_context import BlockingContext, WritingContext

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from marty.runtime._calls import Calls

Handler = Callable[[Any, Any], Any]

_KINDS = {
    (False, False): ("unary_unary", grpc.unary_unary_rpc_method_handler),
    (False, True): ("unary_stream", grpc.unary_stream_rpc_method_handler),
    (True, False): ("stream_unary", grpc.stream_unary_rpc_method_handler),
    (True, True): ("stream_stream", grpc.stream_stream_rpc_method_handler),
}


class CallRecorder(Protocol):
    """Whoever wants to know of each finished call: metrics and the access log."""

    def __call__(self, method: str, status: grpc.StatusCode, seconds: float) -> None:
        """Note one call of the full ``method``, such as ``pets.v1.GreeterService/Greet``."""


class HandlerObserver:
    """Wraps method handlers so that their calls are counted while in flight and recorded when done."""

    def __init__(self, calls: Calls, recorders: tuple[CallRecorder, ...] = ()) -> None:
        """Count in ``calls``; tell each of ``recorders`` of every finished call."""
        self._calls = calls
        self._recorders = recorders

    def wrap(self, method: str, handler: grpc.RpcMethodHandler[Any, Any]) -> grpc.RpcMethodHandler[Any, Any]:
        """The same handler, observed: a coroutine function stays one, a generator function too."""
        kind, make = _KINDS[bool(handler.request_streaming), bool(handler.response_streaming)]
        behaviour = getattr(handler, kind)
        wrapped: Any = make(
            self._wrap_behaviour(method.lstrip("/"), behaviour, is_streaming=bool(handler.response_streaming)),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
        return wrapped  # type: ignore[no-any-return]  # the four makers have four types

    def _wrap_behaviour(self, method: str, behaviour: Handler, *, is_streaming: bool) -> Handler:
        observe = self._observe

        async def coroutine(request: Any, context: Any) -> Any:
            with observe(method, context):
                return await behaviour(request, context)

        async def writing(request: Any, context: Any) -> Any:
            with observe(method, context) as call:
                return await behaviour(request, WritingContext(context, call))

        async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
            with observe(method, context) as call:
                async for message in behaviour(request, context):
                    call.is_answering = True
                    yield message

        def blocking(request: Any, context: Any) -> Any:
            context = BlockingContext(context)
            with observe(method, context):
                return behaviour(request, context)

        def blocking_stream(request: Any, context: Any) -> Iterator[Any]:
            context = BlockingContext(context)
            with observe(method, context) as call:
                for message in behaviour(request, context):
                    call.is_answering = True
                    yield message

        if inspect.isasyncgenfunction(behaviour):
            return stream
        if inspect.iscoroutinefunction(behaviour):
            return writing if is_streaming else coroutine
        return blocking_stream if is_streaming else blocking

    def _observe(self, method: str, context: Any) -> _Observation:
        return _Observation(self._calls, self._recorders, method, context)


class _Observation:
    """One call, from its begin to its end, as a context manager; slotted since there is one per call."""

    __slots__ = ("_began", "_call", "_calls", "_context", "_method", "_recorders")

    def __init__(self, calls: Calls, recorders: tuple[CallRecorder, ...], method: str, context: Any) -> None:
        self._calls, self._recorders = calls, recorders
        self._method, self._context = method, context

    def __enter__(self) -> Any:
        self._began = perf_counter()
        self._call = self._calls.begin()
        return self._call

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls.end(self._call)
        if self._recorders:
            seconds = perf_counter() - self._began
            status = _status(self._context, error)
            for record in self._recorders:
                record(self._method, status, seconds)


def _status(context: Any, error: BaseException | None) -> grpc.StatusCode:
    """The status that the client gets: what the handler set, else by how it ended."""
    chosen = context.code()
    if isinstance(chosen, grpc.StatusCode) and chosen is not grpc.StatusCode.OK:
        return chosen
    if isinstance(chosen, int) and chosen:  # grpc.aio keeps the number of what abort() was given
        return _BY_NUMBER.get(chosen, grpc.StatusCode.UNKNOWN)
    if error is None:
        return grpc.StatusCode.OK
    if isinstance(error, Exception):
        return grpc.StatusCode.UNKNOWN
    return grpc.StatusCode.CANCELLED


_BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}
