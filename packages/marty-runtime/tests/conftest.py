"""Services in folders, processes that run them, and clients for both protocols."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Callable, Optional

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from marty.config import Override, ServiceSettings, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RUN = """
import sys
sys.path.remove("")  # a console script has no folder of the user's there either
from marty.config import Override, load
from marty.runtime import leave, run
pairs = [argument.split("=", 1) for argument in sys.argv[1:]]
leave(run(load(overrides=[Override(key, value, "--set") for key, value in pairs])))
"""

ANY_PORTS = ("http.port=0", "grpc.port=0", "management.port=0")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("MARTY_", "KUBERNETES_")):
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files, given as name and dedented text, into the service's folder."""

    def _write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_name(path.name.replace("_py", ".py").replace("_yaml", ".yaml"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return tmp_path

    return _write


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., ServiceSettings]:
    """Loads the settings of the service's folder, with ``key=value`` on top."""

    def _settings(*pairs: str) -> ServiceSettings:
        given = (pair.split("=", 1) for pair in (*ANY_PORTS, *pairs))
        return load(directory=tmp_path, overrides=[Override(key, value, "--set") for key, value in given])

    return _settings


@pytest.fixture
def command() -> list[str]:
    """The words that run the service of the working directory on free ports; ``key=value`` may follow."""
    return [sys.executable, "-c", _RUN, *ANY_PORTS]


class Running:
    """A service in a process of its own."""

    def __init__(self, folder: Path, pairs: tuple[str, ...]) -> None:
        self.events: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *ANY_PORTS, *pairs],
            cwd=folder,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                if line.startswith("{"):
                    self.events.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def event(self, name: str, *, nth: int = 1, within: float = 60) -> dict[str, Any]:
        """The ``nth`` log line with this event; waits for it."""

        def matching() -> list[dict[str, Any]]:
            return [event for event in self.events if event["event"] == name]

        with self._news:
            found = self._news.wait_for(lambda: len(matching()) >= nth or self._ended, within)
            if not found or len(matching()) < nth:
                raise AssertionError("\n".join([f"no event {name!r} ({nth}) in:", *self.lines]))
            return matching()[nth - 1]

    def ready(self) -> Running:
        """Waits until it answers."""
        self.addresses = self.event("service ready")
        return self

    def get(self, path: str, server: str = "http", timeout: float = 60) -> tuple[int, str]:
        """Status and body of a GET, 0 when nothing listens."""
        try:
            with urllib.request.urlopen(f"{self.addresses[server]}{path}", timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def say(self, message: bytes = b"0", timeout: float = 60) -> bytes:
        """What the test service's gRPC method answers."""
        channel: Any
        with grpc.insecure_channel(self.addresses["grpc"]) as channel:
            answer: bytes = channel.unary_unary("/test.Echo/Say")(message, timeout=timeout)
            return answer

    def health(self) -> str:
        """What grpc.health.v1 says of the server as a whole."""
        channel: Any
        with grpc.insecure_channel(self.addresses["grpc"]) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            status = stub.Check(health_pb2.HealthCheckRequest(), timeout=20, wait_for_ready=True).status
            return str(health_pb2.HealthCheckResponse.ServingStatus.Name(status))

    def until(self, condition: Callable[[], bool], within: float = 60) -> None:
        """Waits for what no event tells."""
        end = time.monotonic() + within
        while not condition():
            assert time.monotonic() < end, "\n".join(["waited in vain:", *self.lines])
            time.sleep(0.02)

    def kill(self, signum: int = signal.SIGTERM) -> None:
        """Sends a signal."""
        self.process.send_signal(signum)

    def exit_code(self, within: float = 60) -> int:
        """Waits for the end."""
        code = self.process.wait(within)
        self._reader.join(5)
        return code

    @property
    def text(self) -> str:
        """What it wrote on standard error that is no log line."""
        return "\n".join(line for line in self.lines if not line.startswith("{"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts the service of the folder in a process; ends it with the test."""
    started: list[Running] = []

    def _start(*pairs: str) -> Running:
        started.append(Running(tmp_path, pairs))
        return started[-1]

    yield _start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.exit_code()
        if running.process.stderr is not None:
            running.process.stderr.close()


MAIN = """
    import asyncio, os, pathlib
    from contextlib import asynccontextmanager
    from fastapi import FastAPI, Request
    from fastapi.responses import StreamingResponse

    trace = pathlib.Path("trace")

    def note(word):
        with trace.open("a") as file:
            file.write(word + "\\n")

    @asynccontextmanager
    async def lifespan(app):
        note("open")
        yield {"pool": "the pool"}
        note("close")

    app = FastAPI(lifespan=lifespan)

    @app.get("/pid")
    async def pid():
        return os.getpid()

    @app.get("/pool")
    async def pool(request: Request):
        return request.state.pool

    @app.get("/slow/{seconds}")
    async def slow(seconds: float):
        note("slow")
        await asyncio.sleep(seconds)
        return "slept"

    @app.get("/stream")
    async def stream():
        async def chunks():
            while True:
                yield b"x\\n"
                note("streamed")
                await asyncio.sleep(0.02)
        return StreamingResponse(chunks())
"""

RPC = """
    import asyncio, grpc, pathlib

    async def say(request, context):
        with pathlib.Path("trace").open("a") as file:
            file.write("say\\n")
        await asyncio.sleep(float(request))
        return b"said " + request

    def register(server):
        say_handler = grpc.unary_unary_rpc_method_handler(say)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", {"Say": say_handler}),))
"""


@pytest.fixture
def hybrid(write: Callable[..., Path]) -> Path:
    """A folder with a service that serves HTTP and gRPC."""
    return write(main_py=MAIN, rpc_py=RPC)


@pytest.fixture
def trace(tmp_path: Path) -> Callable[[], list[str]]:
    """What the test service noted so far, in order."""

    def _trace() -> list[str]:
        path = tmp_path / "trace"
        return path.read_text().split() if path.exists() else []

    return _trace


@pytest.fixture
def in_background() -> Callable[..., Callable[[], Optional[Any]]]:
    """Calls a function in a thread; what it returns waits for the result."""

    def _in_background(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        results: list[Any] = []

        def call() -> None:
            try:
                results.append(function(*arguments))
            except Exception as error:  # noqa: BLE001 - the result of the call, for the test to look at
                results.append(error)

        thread = threading.Thread(target=call)
        thread.start()

        def result() -> Any:
            thread.join(60)
            return results[0]

        return result

    return _in_background
