"""The HTTP server: uvicorn on a socket that was bound before, without its signals and its lifespan."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Callable

import uvicorn

from marty.runtime import _sockets
from marty.runtime._calls import Calls
from marty.runtime._http_observer import ObservedApp, RequestRecorder
from marty.runtime._server import Cut

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from marty.runtime._asgi import App, State

_CUT_SECONDS = 1.0
"""How long a handler gets to end once it has been cancelled."""


_HEAR_OUT_SECONDS = 0.5
"""How long a new connection may take to send its first request while the server stops."""
_TICK_SECONDS = 0.01


class HttpServer:
    """Serves one ASGI app; the management port is one too, with an app of the framework's."""

    def __init__(  # noqa: PLR0913 - each is one fact about the server, and only the composition root sets them
        self,
        app: App,
        listen: Callable[[], socket.socket],
        *,
        name: str = "http",
        root_path: str = "",
        keep_alive: float = 65,
        state: State | None = None,
        recorders: tuple[RequestRecorder, ...] = (),
    ) -> None:
        """Serve ``app`` on the socket that ``listen`` returns.

        ``keep_alive`` is in seconds and stays above the 60 s of common proxies, so that none of them sends
        a request on a connection that is just being closed. ``state`` is the lifespan's.
        """
        self.name = name
        self._listen = listen
        self._calls = Calls()
        self._app = ObservedApp(app, self._calls, {} if state is None else state, recorders)
        self._config = uvicorn.Config(
            self._app,
            lifespan="off",
            ws="websockets-sansio",  # where "auto" takes the deprecated one, it warns at each start
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            root_path=root_path,
            timeout_keep_alive=keep_alive,  # type: ignore[arg-type]  # uvicorn only hands it to call_later
        )
        self._server = _UvicornServer(self._config)
        self._serving: asyncio.Task[None] | None = None

    def bind(self) -> dict[str, str]:
        """Take the port; see ``Server.bind``."""
        self._socket = self._listen()
        return {self.name: _sockets.url(self._socket)}

    async def start(self) -> None:
        """Serve; see ``Server.start``."""
        self._serving = asyncio.ensure_future(self._server.serve(sockets=[self._socket]))
        while not self._server.started:  # uvicorn sets a flag and tells nobody
            await asyncio.wait({self._serving}, timeout=0.005)
            if self._serving.done():
                self._serving.result()
                raise RuntimeError(f"uvicorn ended while the {self.name} server started")

    async def wait(self) -> None:
        """Return when uvicorn has ended; see ``Server.wait``."""
        if self._serving is not None:
            await asyncio.shield(self._serving)

    async def stop(self, grace: float) -> Cut:
        """Drain within ``grace`` seconds; see ``Server.stop``."""
        if self._serving is None:
            self._socket.close()
            return Cut()
        self._server.should_exit = True
        # Not uvicorn's timeout_graceful_shutdown: it cancels without telling which calls had an answer.
        await asyncio.wait({self._serving}, timeout=grace)
        if self._serving.done():
            return Cut()
        cut = self._calls.cut()
        await self._cut(self._serving)
        return cut

    async def _cut(self, serving: asyncio.Task[None]) -> None:
        self._server.force_exit = self._app.is_cutting = True
        handling = set(self._server.server_state.tasks)
        for task in handling:
            task.cancel()
        await asyncio.wait({serving, *handling}, timeout=_CUT_SECONDS)  # uvicorn itself does not wait for them
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


class _UvicornServer(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, but hear out those whose first request is still on its way.

        uvicorn closes them at once, and their clients, which had been accepted, get no answer.
        """
        for server in self.servers:
            server.close()
        for _ in range(round(_HEAR_OUT_SECONDS / _TICK_SECONDS)):  # uvicorn tells nobody of a first request
            await asyncio.sleep(_TICK_SECONDS)  # and what was just accepted becomes a connection meanwhile
            if not any(map(_is_fresh, self.server_state.connections)):
                break
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: signals have one owner, and uvicorn would end the process before gRPC has drained."""
        yield


def _is_fresh(connection: object) -> bool:
    """Whether ``connection`` has not had a request yet; a WebSocket has none of uvicorn's request cycles."""
    return getattr(connection, "cycle", connection) is None
