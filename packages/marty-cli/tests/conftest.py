"""A folder with a service in it, and the marty command as a shell would run it: real processes only."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

# Its handlers would run in every command that is forked from here, and say so.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

import grpc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BOUND = 20.0
"""Seconds within which what is waited for must come; far above what it takes, for machines that are busy."""

_FREE_PORTS = ("--port", "0", "--grpc-port", "0", "--management-port", "0")

_MAIN = '''\
"""The HTTP side of a service."""

import asyncio
import logging
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@app.get("/hello")
async def hello() -> dict[str, str]:
    return {"message": "hello"}


@app.get("/held")
async def held() -> dict[str, str]:
    logging.getLogger("pets").info("http call began")
    while not Path("released").exists():
        await asyncio.sleep(0.01)
    return {"message": "held"}
'''

_RPC = '''\
"""The gRPC side of a service."""

import asyncio
import logging
from pathlib import Path

import grpc


async def echo(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
    return request


async def held(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
    logging.getLogger("pets").info("grpc call began")
    while not Path("released").exists():
        await asyncio.sleep(0.01)
    return request


def register(server: grpc.aio.Server) -> None:
    methods = {name: grpc.unary_unary_rpc_method_handler(call) for name, call in (("Echo", echo), ("Held", held))}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("pets.v1.Pets", methods),))
'''

_LIGHT = '''\
"""An HTTP side without a framework: every path answers with the id of the process, /held once it may."""

import asyncio
import logging
import os
from pathlib import Path


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
    if scope["path"] == "/held":
        logging.getLogger("pets").info("http call began")
        while not Path("released").exists():
            await asyncio.sleep(0.01)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
'''


class Running:
    """A command that was started and not waited for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Begin to read what ``process`` says."""
        self.process = process
        self._lines: list[str] = []
        self._has_ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def stderr(self) -> str:
        """What it has said so far."""
        with self._news:
            return "".join(self._lines)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its log so far."""
        return [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]

    def event(self, name: str, count: int = 1) -> dict[str, Any]:
        """The ``count``-th line of its log with this event, as soon as it is there."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["event"] == name]

        with self._news:
            self._news.wait_for(lambda: self._has_ended or len(found()) >= count, _BOUND)
        assert len(found()) >= count, f"no {name!r} in:\n{self.stderr}"
        return found()[count - 1]

    def address(self, server: str) -> str:
        """Where ``http``, ``grpc`` or ``management`` answers, as ``host:port``, once the service is ready."""
        return str(self.event("service ready")[server]).replace("http://", "")

    def get(self, path: str, server: str = "http") -> tuple[int, str]:
        """Status and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.address(server), timeout=_BOUND)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def call(self, method: str, request: bytes = b"", service: str = "pets.v1.Pets") -> bytes:
        """The answer of one gRPC call on a channel of its own."""
        with grpc.insecure_channel(self.address("grpc"), [("grpc.enable_http_proxy", 0)]) as channel:
            multicallable: Any = channel.unary_unary(f"/{service}/{method}")  # typed for messages, not for bytes
            answer: bytes = multicallable(request, timeout=_BOUND)
            return answer

    def stdout(self) -> str:
        """What it has printed and was not read yet, once it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def signal(self, signum: int) -> None:
        """Send a signal to the command alone, as Kubernetes does."""
        self.process.send_signal(signum)

    def end(self) -> int:
        """Its exit code once it has ended, and with it every process that it started."""
        code = self.process.wait(_BOUND)
        self._reader.join(_BOUND)  # a process that is left holds the pipe open
        assert not self._reader.is_alive(), "a process was left running"
        return code

    def close(self) -> None:
        """End whatever still runs."""
        if self.process.poll() is None or self._reader.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_BOUND)
        self._reader.join(_BOUND)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read(self) -> None:
        stream = self.process.stderr
        for line in stream or ():
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._has_ended = True
            self._news.notify_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small service: FastAPI in main.py, gRPC without generated code in rpc.py, no config.yaml."""
    folder = tmp_path / "pets"
    folder.mkdir()
    (folder / "main.py").write_text(_MAIN)
    (folder / "rpc.py").write_text(_RPC)
    return folder


@pytest.fixture
def both(folder: Path) -> Path:
    """The same folder with an HTTP side that needs no FastAPI, which would cost each process 0.3 s."""
    (folder / "main.py").write_text(_LIGHT)
    return folder


@pytest.fixture
def light(both: Path) -> Path:
    """The same folder without FastAPI and without gRPC: it starts in half the time."""
    (both / "rpc.py").unlink()
    return both


@pytest.fixture
def executable() -> str:
    """The installed command."""
    return str(Path(sys.executable).with_name("marty"))


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment of every command: this one without settings of a service, and not in Kubernetes."""
    others = ("MARTY_", "KUBERNETES_", "GRPC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return {**kept, "COLUMNS": "80"}


@pytest.fixture
def marty(executable: str, environ: dict[str, str], folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end, and that of every process that it started."""

    def run(
        *arguments: str, cwd: Path = folder, environ: Mapping[str, str] = environ
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [executable, *arguments],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_BOUND,
            check=False,
        )

    return run


@pytest.fixture
def plan(marty: Callable[..., subprocess.CompletedProcess[str]]) -> Callable[..., dict[str, tuple[str, str]]]:
    """Value and origin of every setting, as ``marty runservice --dry-run`` prints them."""

    def run(*arguments: str, **where: Any) -> dict[str, tuple[str, str]]:
        done = marty("runservice", "--dry-run", *arguments, **where)
        assert (0, "") == (done.returncode, done.stderr)
        lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
        return {
            key: (value.strip(), origin)
            for key, rest in (line.split(": ", 1) for line in lines)
            for value, origin in [rest.split("  # ")]
        }

    return run


@pytest.fixture
def start(executable: str, environ: dict[str, str], folder: Path) -> Iterator[Callable[..., Running]]:
    """Start the command and go on; what still runs when the test is over is killed."""
    started: list[Running] = []

    def run(*arguments: str, cwd: Path = folder) -> Running:
        process = subprocess.Popen(
            [executable, *arguments],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # to end its workers with it
        )
        started.append(Running(process))
        return started[-1]

    yield run
    for running in started:
        running.close()


@pytest.fixture
def serving(start: Callable[..., Running]) -> Callable[..., Running]:
    """Start ``marty runservice`` on ports that are free, and go on once it is ready."""

    def run(*arguments: str, **where: Path) -> Running:
        running = start("runservice", *_FREE_PORTS, *arguments, **where)
        assert (200, "ready\n") == running.get("/readyz", "management")
        return running

    return run


@pytest.fixture
def block() -> Callable[[str], str]:
    """The one error block in what a command said, which is the end of it; lines of the log stand before it."""

    def find(stderr: str) -> str:
        assert 1 == stderr.count("error:"), stderr
        return stderr[stderr.index("error:") :]

    return find


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A port that nobody listens on."""

    def find() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def holder() -> str:
    """How a message names this process as the one that holds a port, where that can be known."""
    name = Path("/proc/self/comm")
    return f" by pid {os.getpid()} ({name.read_text().strip()})" if name.exists() else ""
