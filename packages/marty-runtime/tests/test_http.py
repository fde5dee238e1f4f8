"""The HTTP server on real sockets, in this process."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

import httpx
import pytest

from marty.runtime import Cut, Health, Phase
from marty.runtime import _sockets as sockets
from marty.runtime._http import HttpServer
from marty.runtime._management import collect_own, management_app

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from marty.config import ServiceSettings

Settings = Callable[..., "ServiceSettings"]


def _serving(
    settings: Settings,
    app: Any,
    use: Callable[[HttpServer, httpx.AsyncClient], Coroutine[Any, Any, Any]],
    **options: Any,
) -> Any:
    """Serve ``app``, hand server and client to ``use``, stop, and return what ``use`` did."""

    async def main() -> Any:
        server = HttpServer(app, partial(sockets.listen, settings(), "http"), **options)
        url = server.bind()["http"]
        await server.start()
        try:
            async with httpx.AsyncClient(base_url=url) as client:
                return await use(server, client)
        finally:
            await server.stop(0)

    return asyncio.run(main())


async def _answer(send: Any, text: bytes = b"", status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


def test_each_request_gets_its_own_copy_of_the_state(settings: Settings) -> None:
    """What a handler adds to the lifespan's state is gone with its request."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["seen"] = scope["state"].get("seen", 0) + 1
        await _answer(send, str(sorted(scope["state"].items())).encode())

    async def use(server: HttpServer, client: httpx.AsyncClient) -> list[str]:
        return [(await client.get("/")).text for _ in range(2)]

    assert _serving(settings, app, use, state={"pool": 1}) == ["[('pool', 1), ('seen', 1)]"] * 2


def test_no_server_header(settings: Settings) -> None:
    """Answers do not say what serves them."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await _answer(send)

    async def use(server: HttpServer, client: httpx.AsyncClient) -> set[str]:
        return set((await client.get("/")).headers)

    assert "server" not in _serving(settings, app, use)


def test_recorders_are_told_of_every_request(settings: Settings) -> None:
    """Status as sent; 500 for an app that raises before it sends any."""
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/bad":
            raise LookupError
        await _answer(send, status=404)

    async def use(server: HttpServer, client: httpx.AsyncClient) -> None:
        await client.get("/good")
        await client.get("/bad")

    def record(scope: Any, status: int, seconds: float) -> None:
        seen.append((scope["path"], status, 0 <= seconds < 5))

    _serving(settings, app, use, recorders=(record,))
    assert seen == [("/good", 404, True), ("/bad", 500, True)]


def test_stop_waits_for_answers(settings: Settings) -> None:
    """A request in flight is answered within the grace; nothing is cut, and the port is free afterwards."""
    begun = asyncio.Event

    async def main() -> tuple[Cut, int]:
        started = begun()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            started.set()
            await asyncio.sleep(0.3)
            await _answer(send)

        server = HttpServer(app, partial(sockets.listen, settings(), "http"))
        url = server.bind()["http"]
        await server.start()
        async with httpx.AsyncClient() as client:
            asking = asyncio.ensure_future(client.get(url))
            await started.wait()
            cut = await server.stop(5)
            answer = await asking
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
        return cut, answer.status_code

    assert asyncio.run(main()) == (Cut(), 200)


def test_stop_hears_out_a_connection_whose_request_is_on_its_way(settings: Settings) -> None:
    """A client that was accepted before the stop is answered, though its request comes after it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await _answer(send, b"heard")

    async def main() -> bytes:
        server = HttpServer(app, partial(sockets.listen, settings(), "http"))
        host, port = server.bind()["http"].removeprefix("http://").split(":")
        await server.start()
        reader, writer = await asyncio.open_connection(host, int(port))
        stopping = asyncio.ensure_future(server.stop(5))
        await _until_refused(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = await reader.read()
        writer.close()
        assert await stopping == Cut()
        return answer

    assert asyncio.run(main()).endswith(b"heard")


async def _until_refused(host: str, port: int) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            (await asyncio.open_connection(host, port))[1].close()


@pytest.mark.parametrize(("is_streaming", "cut"), [(False, Cut(unanswered=1)), (True, Cut(answering=1))])
def test_stop_cuts_and_counts_what_is_left(settings: Settings, is_streaming: bool, cut: Cut) -> None:
    """What is in flight at the end of the grace is counted by whether it answers, and may clean up once cancelled."""

    async def main() -> tuple[Cut, list[str]]:
        started, ends = asyncio.Event(), []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            try:
                if is_streaming:
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                started.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.1)
                ends.append("cleaned up")

        server = HttpServer(app, partial(sockets.listen, settings(), "http"))
        url = server.bind()["http"]
        await server.start()
        async with httpx.AsyncClient() as client:
            asking = asyncio.ensure_future(client.get(url))
            await started.wait()
            cut = await server.stop(0.1)
            with pytest.raises((httpx.HTTPError, AssertionError)):
                assert (await asking).status_code == 200
        return cut, ends

    assert asyncio.run(main()) == (cut, ["cleaned up"])


def test_stop_before_start_frees_the_port(settings: Settings) -> None:
    """A server that was only bound lets its port go."""

    async def main() -> None:
        server = HttpServer(management_app(Health(), None, {}), partial(sockets.listen, settings(), "http"))
        port = server.bind()["http"].rsplit(":", 1)[1]
        await server.stop(0)
        sockets.listen(settings(f"http.port={port}"), "http").close()

    asyncio.run(main())


PROBES = [
    (Phase.STARTING, {"/livez": 200, "/readyz": 503, "/startupz": 503}),
    (Phase.READY, {"/livez": 200, "/readyz": 200, "/startupz": 200}),
    (Phase.DRAINING, {"/livez": 200, "/readyz": 503, "/startupz": 200}),
]


@pytest.mark.parametrize(("phase", "statuses"), PROBES)
def test_probes(settings: Settings, phase: Phase, statuses: dict[str, int]) -> None:
    """Liveness holds in every phase, readiness only when ready, startup from ready on; each says the phase."""

    async def main() -> dict[str, tuple[int, str]]:
        health = Health()
        health.move_to(phase)
        app = management_app(health, None, {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            answers = {path: await client.get(path) for path in statuses}
        return {path: (answer.status_code, answer.text) for path, answer in answers.items()}

    assert asyncio.run(main()) == {path: (status, f"{phase.value}\n") for path, status in statuses.items()}


def test_management_answers_nothing_else(settings: Settings) -> None:
    """404 for other paths and for metrics that are off, 405 for other methods."""

    async def main() -> list[int]:
        app = management_app(Health(), None, {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            answers = [await client.get("/"), await client.get("/metrics"), await client.post("/livez")]
        return [answer.status_code for answer in answers]

    assert asyncio.run(main()) == [404, 404, 405]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/plain; version="),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0"),
    ],
)
def test_metrics_in_the_format_that_is_asked_for(settings: Settings, accept: str, content_type: str) -> None:
    """Prometheus gets OpenMetrics when it asks for it, everyone else the text format."""

    async def main() -> httpx.Response:
        app = management_app(Health(), collect_own, {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.get("/metrics", headers={"accept": accept})

    answer = asyncio.run(main())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(content_type)
    assert "python_info" in answer.text
