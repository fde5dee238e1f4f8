"""Driving an app's lifespan as the ASGI specification says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from marty.runtime import ShutdownError, StartupError
from marty.runtime._lifespan import Lifespan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def test_the_state_of_a_fastapi_lifespan_is_kept() -> None:
    """What the app yields is the state that requests get."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        yield {"pool": "the pool"}

    async def main() -> dict[str, Any]:
        driven = Lifespan(FastAPI(lifespan=lifespan))
        await driven.start()
        await driven.stop(5)
        await driven.stop(5)
        return driven.state

    assert asyncio.run(main()) == {"pool": "the pool"}


def test_a_start_hook_that_raises_is_the_cause() -> None:
    """The exception of the service's own code is kept for the report, also with FastAPI, which sends text."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for missing in ("no such pool",):
            raise LookupError(missing)
        yield

    async def main() -> StartupError:
        with pytest.raises(StartupError) as caught:
            await Lifespan(FastAPI(lifespan=lifespan)).start()
        return caught.value

    error = asyncio.run(main())
    assert (str(error), repr(error.__cause__)) == (
        "the service's lifespan failed to start",
        "LookupError('no such pool')",
    )


def test_an_app_that_only_sends_its_failure_is_quoted() -> None:
    """Without an exception the last line of the app's message says what failed."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "Traceback\nno such pool"})

    async def main() -> str:
        with pytest.raises(StartupError) as caught:
            await Lifespan(app).start()
        return str(caught.value)

    assert asyncio.run(main()) == "the service's lifespan failed to start: no such pool"


def test_an_app_without_a_lifespan_has_nothing_to_open() -> None:
    """One that raises before it listens, or returns at once, or does not exist, starts and stops."""

    async def refuses(scope: Any, receive: Any, send: Any) -> None:
        raise TypeError(scope["type"])

    async def returns(scope: Any, receive: Any, send: Any) -> None:
        return

    async def main() -> None:
        for app in (refuses, returns, None):
            lifespan = Lifespan(app)
            await lifespan.start()
            await lifespan.stop(5)

    asyncio.run(main())


def test_a_stop_hook_that_hangs_is_named() -> None:
    """The error says how long it took and where it hangs."""

    async def hang(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.Event().wait()

    async def main() -> str:
        lifespan = Lifespan(hang)
        await lifespan.start()
        with pytest.raises(ShutdownError) as caught:
            await lifespan.stop(0.05)
        return str(caught.value)

    line = hang.__code__.co_firstlineno + 4
    assert asyncio.run(main()) == (
        f"the service's lifespan took longer than 0.05s to stop at {__file__}:{line} in hang; "
        "bound what it waits for, or raise shutdown.grace"
    )


def test_the_place_of_a_hook_is_in_the_service() -> None:
    """With FastAPI too the place is the service's own line, behind the frames of the libraries around it."""

    async def connect() -> None:
        await asyncio.Event().wait()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await connect()
        yield

    async def main() -> str:
        driven = Lifespan(FastAPI(lifespan=lifespan))
        starting = asyncio.ensure_future(driven.start())
        await asyncio.wait({starting}, timeout=0.05)
        place = driven.place()
        starting.cancel()
        await asyncio.wait({starting})
        return place

    assert asyncio.run(main()) == f" at {__file__}:{connect.__code__.co_firstlineno + 1} in connect"


def test_an_open_lifespan_stands_nowhere() -> None:
    """An app that waits for its shutdown event is not what hangs."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def main() -> str:
        driven = Lifespan(app)
        await driven.start()
        place = driven.place()
        await driven.stop(5)
        return place

    assert asyncio.run(main()) == ""
