"""The gRPC server on real sockets, in this process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from marty.runtime import Cut, DiscoveryError, Health, Phase, Service, StartupError
from marty.runtime._grpc import GrpcServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    from marty.config import ServiceSettings

Settings = Callable[..., "ServiceSettings"]


def _stub(channel: Any) -> Any:
    return health_pb2_grpc.HealthStub(channel)  # its generated module has no types for calls


async def unary(request: bytes, context: Any) -> bytes:
    if request == b"abort":
        await context.abort(grpc.StatusCode.NOT_FOUND, "no such pet")
    if request == b"raise":
        raise LookupError
    if request == b"set":
        context.set_code(grpc.StatusCode.ALREADY_EXISTS)
    return b"unary " + request


async def stream(request: bytes, context: Any) -> AsyncIterator[bytes]:
    for number in range(3):
        yield b"%d" % number


async def writes(request: bytes, context: Any) -> None:
    for number in range(3):
        await context.write(b"%d" % number)


async def gather(requests: AsyncIterator[bytes], context: Any) -> bytes:
    return b",".join([request async for request in requests])


async def echo(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield request


async def endless(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.Event().wait()


def blocking(request: bytes, context: Any) -> bytes:
    if request == b"abort":
        context.abort(grpc.StatusCode.NOT_FOUND, "no such pet")
    if request == b"raise":
        raise LookupError
    if request == b"set":
        context.set_code(grpc.StatusCode.ALREADY_EXISTS)
    return b"blocking " + request


def blocking_stream(request: bytes, context: Any) -> Iterator[bytes]:
    yield from (b"a", b"b")


HANDLERS: dict[str, Any] = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "Stream": grpc.unary_stream_rpc_method_handler(stream),
    "Writes": grpc.unary_stream_rpc_method_handler(writes),
    "Gather": grpc.stream_unary_rpc_method_handler(gather),
    "Echo": grpc.stream_stream_rpc_method_handler(echo),
    "Endless": grpc.stream_stream_rpc_method_handler(endless),
    "Blocking": grpc.unary_unary_rpc_method_handler(blocking),
    "BlockingStream": grpc.unary_stream_rpc_method_handler(blocking_stream),
}


def register(server: grpc.aio.Server) -> None:
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Kinds", HANDLERS),))
    server.add_registered_method_handlers("test.Kinds", HANDLERS)


def _serving(
    settings: Settings,
    use: Callable[[GrpcServer, grpc.aio.Channel, Health], Coroutine[Any, Any, Any]],
    register: Any = register,
    recorders: Any = (),
) -> Any:
    async def main() -> Any:
        health = Health()
        server = GrpcServer(
            Service("test", register=register, register_path="rpc:register"), settings(), health, recorders
        )
        address = server.bind()["grpc"]
        try:
            await server.start()
            health.move_to(Phase.READY)
            async with grpc.aio.insecure_channel(address) as channel:
                return await use(server, channel, health)
        finally:
            await server.stop(0)

    return asyncio.run(main())


async def _requests() -> AsyncIterator[bytes]:
    for letter in (b"a", b"b", b"c"):
        yield letter


def test_all_kinds_of_calls(settings: Settings) -> None:
    """Unary and streaming in both directions, by generator and by write(), and handlers without async."""

    async def use(server: GrpcServer, channel: Any, health: Health) -> list[Any]:
        return [
            await channel.unary_unary("/test.Kinds/Unary")(b"x"),
            [part async for part in channel.unary_stream("/test.Kinds/Stream")(b"x")],
            [part async for part in channel.unary_stream("/test.Kinds/Writes")(b"x")],
            await channel.stream_unary("/test.Kinds/Gather")(_requests()),
            [part async for part in channel.stream_stream("/test.Kinds/Echo")(_requests())],
            await channel.unary_unary("/test.Kinds/Blocking")(b"x"),
            [part async for part in channel.unary_stream("/test.Kinds/BlockingStream")(b"x")],
        ]

    assert _serving(settings, use) == [
        b"unary x",
        [b"0", b"1", b"2"],
        [b"0", b"1", b"2"],
        b"a,b,c",
        [b"a", b"b", b"c"],
        b"blocking x",
        [b"a", b"b"],
    ]


@pytest.mark.parametrize("kind", ["Unary", "Blocking"])
def test_recorders_are_told_of_every_call(settings: Settings, kind: str) -> None:
    """Full method and the status that the client got: set, aborted with, or made of an exception."""
    seen: list[tuple[str, str]] = []
    method = f"test.Kinds/{kind}"

    def record(method: str, status: grpc.StatusCode, seconds: float) -> None:
        seen.append((method, status.name))

    async def use(server: GrpcServer, channel: Any, health: Health) -> list[tuple[str, str]]:
        calls = [channel.unary_unary(f"/{method}")(request) for request in (b"x", b"abort", b"raise", b"set")]
        return [(method, (await call.code()).name) for call in calls]

    got = _serving(settings, use, recorders=(record,))
    assert sorted(seen) == sorted(got)
    assert [status for _, status in got] == ["OK", "NOT_FOUND", "UNKNOWN", "ALREADY_EXISTS"]


@pytest.mark.parametrize("kind", ["Stream", "Writes", "BlockingStream"])
def test_recorders_are_told_of_streams(settings: Settings, kind: str) -> None:
    """A stream is one call, recorded at its end, however its handler sends it."""
    seen: list[tuple[str, str]] = []

    async def use(server: GrpcServer, channel: Any, health: Health) -> None:
        [part async for part in channel.unary_stream(f"/test.Kinds/{kind}")(b"x")]

    _serving(settings, use, recorders=(lambda method, status, seconds: seen.append((method, status.name)),))
    assert seen == [(f"test.Kinds/{kind}", "OK")]


def test_a_cancelled_call_is_recorded_as_such(settings: Settings) -> None:
    """A client that goes away ends the handler that waits, and the call is recorded as CANCELLED."""
    seen: asyncio.Queue[str] | None = None

    def record(method: str, status: grpc.StatusCode, seconds: float) -> None:
        assert seen is not None
        seen.put_nowait(status.name)

    async def use(server: GrpcServer, channel: Any, health: Health) -> str:
        nonlocal seen
        seen = asyncio.Queue()
        call = channel.stream_stream("/test.Kinds/Endless")()
        await call.write(b"a")
        await call.read()
        call.cancel()
        return await asyncio.wait_for(seen.get(), 10)

    assert _serving(settings, use, recorders=(record,)) == "CANCELLED"


def test_health_of_each_service(settings: Settings) -> None:
    """The server and each registered service have the health of the process; others are not found."""

    async def use(server: GrpcServer, channel: Any, health: Health) -> list[Any]:
        stub = _stub(channel)
        statuses = [
            (await stub.Check(health_pb2.HealthCheckRequest(service=name))).status for name in ("", "test.Kinds")
        ]
        health.move_to(Phase.DRAINING)
        statuses.append((await stub.Check(health_pb2.HealthCheckRequest())).status)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Check(health_pb2.HealthCheckRequest(service="nope"))
        assert (caught.value.code(), caught.value.details()) == (
            grpc.StatusCode.NOT_FOUND,
            "service nope is not served here",
        )
        return statuses

    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    assert _serving(settings, use) == [serving, serving, not_serving]


def test_watch_follows_and_ends_with_the_server(settings: Settings) -> None:
    """Watch sends each change once and ends at the stop, which an open one does not prolong."""

    async def use(server: GrpcServer, channel: Any, health: Health) -> list[int]:
        watch = _stub(channel).Watch(health_pb2.HealthCheckRequest())
        unknown = _stub(channel).Watch(health_pb2.HealthCheckRequest(service="nope"))
        seen = [(await watch.read()).status, (await unknown.read()).status]
        health.move_to(Phase.DRAINING)
        seen.append((await watch.read()).status)
        assert await asyncio.wait_for(server.stop(60), 10) == Cut()
        assert await watch.read() is grpc.aio.EOF
        return seen

    kinds = health_pb2.HealthCheckResponse
    assert _serving(settings, use) == [kinds.SERVING, kinds.SERVICE_UNKNOWN, kinds.NOT_SERVING]


def test_a_watch_is_told_before_it_ends(settings: Settings) -> None:
    """A stop right after the change, without a pause, still sends NOT_SERVING."""

    async def use(server: GrpcServer, channel: Any, health: Health) -> list[int]:
        watch = _stub(channel).Watch(health_pb2.HealthCheckRequest())
        seen = [(await watch.read()).status]
        health.move_to(Phase.DRAINING)
        await server.stop(60)
        while (answer := await watch.read()) is not grpc.aio.EOF:
            seen.append(answer.status)
        return seen

    kinds = health_pb2.HealthCheckResponse
    assert _serving(settings, use) == [kinds.SERVING, kinds.NOT_SERVING]


def test_stop_answers_what_is_in_flight_and_cuts_the_rest(settings: Settings) -> None:
    """Within the grace a call is answered; at its end calls are cut, counted by whether they were answering."""

    async def main() -> tuple[bytes, Cut, list[str]]:
        began = asyncio.Event()
        ends: list[str] = []

        async def slow(request: bytes, context: Any) -> bytes:
            began.set()
            await asyncio.sleep(float(request))
            return b"done"

        async def endless(request: bytes, context: Any) -> AsyncIterator[bytes]:
            yield b"x"
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.1)
                ends.append("cleaned up")

        async def writes(request: bytes, context: Any) -> None:
            await context.write(b"x")
            await asyncio.Event().wait()

        handlers: dict[str, Any] = {
            "Slow": grpc.unary_unary_rpc_method_handler(slow),
            "Endless": grpc.unary_stream_rpc_method_handler(endless),
            "Writes": grpc.unary_stream_rpc_method_handler(writes),
        }

        def register(server: grpc.aio.Server) -> None:
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Slow", handlers),))

        server = GrpcServer(Service("test", register=register), settings(), Health())
        channel: Any
        async with grpc.aio.insecure_channel(server.bind()["grpc"]) as channel:
            await server.start()
            say = channel.unary_unary("/test.Slow/Slow")
            answered = asyncio.ensure_future(say(b"0.2"))
            await began.wait()
            began.clear()
            cut_off = asyncio.ensure_future(say(b"60"))
            await began.wait()
            streams = [channel.unary_stream(f"/test.Slow/{kind}")(b"") for kind in ("Endless", "Writes")]
            for stream in streams:
                await stream.read()
            cut = await server.stop(0.6)
            with pytest.raises(grpc.aio.AioRpcError):
                await cut_off
            return await answered, cut, ends

    assert asyncio.run(main()) == (b"done", Cut(unanswered=1, answering=2), ["cleaned up"])


def test_a_port_that_another_grpc_server_holds(settings: Settings) -> None:
    """A second server does not bind the same port without a word: grpc.so_reuseport is off."""

    async def main() -> str:
        other = grpc.aio.server()
        port = other.add_insecure_port("127.0.0.1:0")
        await other.start()
        try:
            with pytest.raises(StartupError) as caught:
                GrpcServer(Service("test"), settings(f"grpc.port={port}"), Health()).bind()
        finally:
            await other.stop(None)
        return str(caught.value).replace(str(port), "PORT")

    assert asyncio.run(main()).startswith("--set: grpc.port: PORT is in use")


async def _async_register(server: grpc.aio.Server) -> None:
    register(server)


def test_register_may_be_a_coroutine_function(settings: Settings) -> None:
    """``async def register`` works as well."""

    async def use(server: GrpcServer, channel: Any, health: Health) -> bytes:
        answer: bytes = await channel.unary_unary("/test.Kinds/Unary")(b"x")
        return answer

    assert _serving(settings, use, register=_async_register) == b"unary x"


@pytest.mark.parametrize(
    ("register", "sentence"),
    [
        (
            lambda server: None,
            "rpc:register: register(server) added no servicer; call an add_…Servicer_to_server(…, server) of your"
            " generated code in it",
        ),
        (lambda server: 1 / 0, "rpc:register: register(server) failed"),
        (
            lambda server: server.add_insecure_port("[::]:1"),
            "register(server) called server.add_insecure_port(); set grpc.host and grpc.port instead",
        ),
        (
            lambda server: server.add_secure_port("[::]:1", None),
            "register(server) called server.add_secure_port(); set grpc.host and grpc.port instead",
        ),
        (
            lambda server: server.start(),
            "register(server) called server.start(); the framework starts the server after register returns",
        ),
        (
            lambda server: server.stop(None),
            "register(server) called server.stop(); the framework stops the server when the service ends",
        ),
        (
            lambda server: server.wait_for_termination(),
            "register(server) called server.wait_for_termination(); the framework waits for the server",
        ),
    ],
)
def test_a_register_that_does_not_register(settings: Settings, register: Any, sentence: str) -> None:
    """What only the framework may do with the server is refused, with what to do instead."""

    async def use(*arguments: Any) -> None:
        raise AssertionError("it started")

    with pytest.raises(DiscoveryError) as caught:
        _serving(settings, use, register=register)
    assert str(caught.value) == sentence


def test_a_handler_for_any_method_has_one_name(settings: Settings) -> None:
    """Calls of a generic handler without a service are recorded as ``other``: no label grows with the clients."""
    seen: set[str] = set()

    class AnyMethod(grpc.GenericRpcHandler):
        def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
            return grpc.unary_unary_rpc_method_handler(unary)

    def register_any(server: grpc.aio.Server) -> None:
        register(server)
        server.add_generic_rpc_handlers((AnyMethod(),))

    async def use(server: GrpcServer, channel: Any, health: Health) -> None:
        for number in range(3):
            await channel.unary_unary(f"/made.Up/Method{number}")(b"x")

    _serving(settings, use, register_any, (lambda method, status, seconds: seen.add(method),))
    assert seen == {"other"}
