"""Contexts that know what grpc.aio gives no way to ask for: the status that was set, whether an answer began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import grpc

    from marty.runtime._calls import Call


class WritingContext:
    """The context of a coroutine that answers by ``context.write()``, noted in ``call``."""

    def __init__(self, context: Any, call: Call) -> None:
        """Stand before ``context``."""
        self._context = context
        self._call = call

    def __getattr__(self, name: str) -> Any:
        """Everything else is the context's own."""
        return getattr(self._context, name)

    async def write(self, message: Any) -> None:
        """Send one message of the answer."""
        self._call.is_answering = True
        await self._context.write(message)


class BlockingContext:
    """The context of a handler without async, with the status that the handler chose."""

    def __init__(self, context: Any) -> None:
        """Stand before ``context``."""
        self._context = context
        self._chosen: grpc.StatusCode | None = None

    def __getattr__(self, name: str) -> Any:
        """Everything else is the context's own."""
        return getattr(self._context, name)

    def code(self) -> grpc.StatusCode | None:
        """The status that the handler set or aborted with, or none."""
        return self._chosen

    def set_code(self, code: grpc.StatusCode) -> None:
        """Set the status of the call."""
        self._chosen = code
        self._context.set_code(code)

    def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> NoReturn:
        """End the call with ``code``."""
        self._chosen = code
        self._context.abort(code, details, trailing_metadata)
        raise AssertionError("abort() returned")  # it always raises
