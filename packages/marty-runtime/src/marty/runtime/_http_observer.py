"""What stands between uvicorn and the app: plain ASGI, one frame per request, no BaseHTTPMiddleware."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from marty.runtime._asgi import App, Message, Receive, Scope, Send, State
    from marty.runtime._calls import Calls


class RequestRecorder(Protocol):
    """Whoever wants to know of each finished request: metrics and the access log."""

    def __call__(self, scope: Scope, status: int, seconds: float) -> None:
        """Note one request; ``status`` is what was sent, or 500 when the app raised before it sent any."""


class ObservedApp:
    """The app, with its requests counted while in flight, recorded when done, and given the lifespan's state.

    The state is handed over here since uvicorn's own lifespan is off, and its ``scope["state"]`` empty.
    """

    def __init__(self, app: App, calls: Calls, state: State, recorders: tuple[RequestRecorder, ...] = ()) -> None:
        """Count in ``calls``; tell each of ``recorders`` of every finished request."""
        self._app = app
        self._calls = calls
        self._state = state
        self._recorders = recorders
        self.is_cutting = False
        """Whether what is cancelled now is cut at the end of the grace."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket connection."""
        scope["state"] = self._state.copy()
        call = self._calls.begin()
        is_http = scope["type"] == "http"
        status = 500
        began = perf_counter()

        async def observed(message: Message) -> None:
            nonlocal status
            kind = message["type"]
            if kind == "http.response.start":
                status = message["status"]
                call.is_answering = True
            elif kind == "websocket.accept":
                call.is_answering = True
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except asyncio.CancelledError:
            if not self.is_cutting or call.is_answering or not is_http:
                raise
            # Not the 500 and the traceback that uvicorn makes of it: this is no fault of the app.
            await observed({"type": "http.response.start", "status": 503, "headers": [(b"connection", b"close")]})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._calls.end(call)
            if is_http:
                seconds = perf_counter() - began
                for record in self._recorders:
                    record(scope, status, seconds)
