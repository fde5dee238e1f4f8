"""The app's lifespan, driven here and not by uvicorn, so that it opens before gRPC and closes after it.

https://asgi.readthedocs.io/en/latest/specs/lifespan.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from marty.runtime._await_chain import place_of
from marty.runtime._errors import ServiceError, ShutdownError, StartupError

if TYPE_CHECKING:
    from marty.runtime._asgi import App, Message, State

_Error = TypeVar("_Error", bound=ServiceError)


class Lifespan:
    """Opens before everything that serves and closes after it.

    ``state`` is what the app put there; each request gets a shallow copy. An app that does not know the
    lifespan protocol is one with nothing to open.
    """

    def __init__(self, app: App | None) -> None:
        """Drive ``app``; none means that there is nothing to do."""
        self._app = app
        self.state: State = {}
        self._is_open = False

    async def start(self) -> None:
        """Return when the app has opened what it needs; cancelling this cancels its start hook.

        Raises:
            StartupError: a start hook failed; its own exception is the cause.
        """
        if self._app is None:
            return
        loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._has_listened = False
        self._started: asyncio.Future[str | None] = loop.create_future()
        self._stopped: asyncio.Future[str | None] = loop.create_future()
        self._task = asyncio.ensure_future(self._drive(self._app))
        self._events.put_nowait({"type": "lifespan.startup"})
        try:
            failure = await self._first(self._started)
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)
            raise
        if failure is not None:
            raise await self._describe(StartupError("the service's lifespan failed to start"), failure)
        self._is_open = not self._task.done()

    async def stop(self, timeout: float) -> None:
        """Return when the app has closed what it opened; does nothing where nothing is open.

        Raises:
            ShutdownError: a stop hook failed, or took longer than ``timeout`` seconds.
        """
        if not self._is_open:
            return
        self._is_open = False
        self._events.put_nowait({"type": "lifespan.shutdown"})
        try:
            failure = await asyncio.wait_for(self._first(self._stopped), timeout)
        except asyncio.TimeoutError:
            where = self.place()
            self._task.cancel()
            raise ShutdownError(
                f"the service's lifespan took longer than {timeout:g}s to stop{where}; "
                "bound what it waits for, or raise shutdown.grace"
            ) from None
        if failure is not None:
            raise await self._describe(ShutdownError("the service's lifespan failed to stop"), failure)

    def place(self) -> str:
        """`` at main.py:12 in lifespan``: where a start or stop hook stands now, or nothing."""
        return "" if self._app is None or self._is_open else place_of(self._task)

    async def _drive(self, app: App) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await app(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        self._has_listened = True
        return await self._events.get()

    async def _send(self, message: Message) -> None:
        replies: dict[str, tuple[asyncio.Future[Any], Any]] = {
            "lifespan.startup.complete": (self._started, None),
            "lifespan.startup.failed": (self._started, message.get("message", "")),
            "lifespan.shutdown.complete": (self._stopped, None),
            "lifespan.shutdown.failed": (self._stopped, message.get("message", "")),
        }
        reply, value = replies[message["type"]]
        if not reply.done():
            reply.set_result(value)

    async def _first(self, reply: asyncio.Future[str | None]) -> str | None:
        """What the app says went wrong; none too when it ended without a word, not knowing the protocol."""
        both: set[asyncio.Future[Any]] = {reply, self._task}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if reply.done():
            return reply.result()
        failure = self._task.exception()
        # One that raises before it asks for an event says "lifespan is not for me".
        return "" if failure is not None and self._has_listened else None

    async def _describe(self, error: _Error, message: str) -> _Error:
        """Add what the app said, or the exception that Starlette raises after it said so."""
        await asyncio.wait({self._task}, timeout=1)
        if self._task.done() and not self._task.cancelled():
            error.__cause__ = self._task.exception()
        if error.__cause__ is None and message.strip():
            return type(error)(f"{error}: {message.strip().splitlines()[-1]}")
        return error
