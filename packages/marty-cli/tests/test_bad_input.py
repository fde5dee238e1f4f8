"""What a user is told who gets something wrong: the exact block, the exit code, and nothing left behind."""

from __future__ import annotations

import signal
import socket
import time
from concurrent import futures
from typing import TYPE_CHECKING, Callable

import grpc
import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from conftest import Running

Marty = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "Running"]
Block = Callable[[str], str]

PORTS = ("--port", "0", "--grpc-port", "0", "--management-port", "0")

HOOKS = """\
import asyncio
import logging
from pathlib import Path


async def app(scope, receive, send):
    while True:
        message = await receive()
        logging.info(message["type"])
        if message["type"] == "lifespan.{event}":
            {code}
        await send({{"type": message["type"] + ".complete"}})
"""
LINE = 11  # of the code in it

AT_ONCE = 2.0
"""Seconds that anything may take that waits for nothing; a busy machine needs a part of them."""


# --- settings and command line: 2 ---


def test_wrong_options(folder: Path, marty: Marty) -> None:
    """Every option with a value that does not fit is named, all at once, each with its key and with what fits."""
    (folder / "config").mkdir()

    done = marty(
        *("runservice", "--port", "abc", "--grpc-port", "70000", "--workers", "0", "--log-level", "loud"),
        *("--set", "http.prt=8001", "--set", "startup.timeout=soon", "--config", "config", "-e", "a/b"),
    )

    wanted = """\
error: 8 settings are wrong

  config: is a directory; name a file
  --environment: expected a plain name such as production, not base and without slashes
  --port: http.port: expected an integer from 0 to 65535
  --grpc-port: grpc.port: expected an integer from 0 to 65535
  --workers: workers: expected an integer from 1 to 1024
  --log-level: logging.level: expected one of trace, debug, info, warning, error, critical
  --set: http.prt: unknown key; did you mean http.port?
  --set: startup.timeout: expected a duration such as 20s, 5m or 250ms
"""
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("assignment", ["http.port", "=8001"])
def test_set_without_key_or_value(folder: Path, marty: Marty, assignment: str) -> None:
    """--set needs a key, an equals sign and a value."""
    done = marty("runservice", "--set", assignment)

    wanted = f"error: the command line is wrong\n\n  --set {assignment}: not KEY=VALUE, as in --set http.port=8001\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_unknown_variable(folder: Path, marty: Marty, environ: dict[str, str]) -> None:
    """A variable that begins like a setting's and is none is named with the right one, its value is not."""
    done = marty("runservice", environ={**environ, "MARTY_HTTP__PRT": "8001"})

    wanted = "error: one setting is wrong\n\n  MARTY_HTTP__PRT: unknown variable; did you mean MARTY_HTTP__PORT?\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_same_port_twice(folder: Path, marty: Marty) -> None:
    """Two servers on one port are refused before anything is bound: both places are named."""
    (folder / "config.yaml").write_text("http:\n  port: 8123\ngrpc:\n  port: 8123\n")

    done = marty("runservice")

    wanted = (
        "error: one setting is wrong\n\n"
        "  config.yaml:4:9: grpc.port: 8123 is also http.port (config.yaml:2:9); give each its own port\n"
    )
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("name", "hint"), [("pet", "did you mean pets"), ("shop", "name a folder that holds a service")]
)
def test_unknown_folder(folder: Path, marty: Marty, name: str, hint: str) -> None:
    """A service that is no folder below this one ends the command, and a near one is named."""
    done = marty("runservice", name, cwd=folder.parent)

    wanted = f"error: the command line is wrong\n\n  {name}: no such folder below {folder.parent.resolve()}; {hint}\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


# --- code that cannot be used: 3 ---


def test_no_service(folder: Path, marty: Marty) -> None:
    """In a folder without a service the command says where it looked, and for what."""
    (folder / "main.py").unlink()
    (folder / "rpc.py").unlink()

    done = marty("runservice")

    wanted = (
        "error: the service could not start\n\n"
        f"  no service in {folder}: looked there and in src for an app or a create_app in main.py, app.py or "
        "api.py and for a register(server) in grpc_server.py or rpc.py; "
        "name it in config.yaml, for example http: {app: shop.web:app}\n"
    )
    assert (3, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_app_that_is_not_there(light: Path, marty: Marty) -> None:
    """An app that is named and not there is told in the user's word, with where that stands and the near one."""
    done = marty("runservice", "--set", "http.app=main:ap")

    sentence = "--set: http.app: main has no ap; did you mean app"
    wanted = f"error: the service could not start\n\n  {sentence}\n"
    assert (3, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_app_that_does_not_import(light: Path, marty: Marty, block: Block) -> None:
    """An import that fails inside the app's module is shown as that, never as a module that is not there."""
    (light / "main.py").write_text("import beside\n\napp = None\n")
    (light / "beside.py").write_text("import nowhere_to_be_found\n")

    done = marty("runservice", *PORTS)

    assert (3, "") == (done.returncode, done.stdout)
    wanted = f"""\
error: the service could not start

  http.app: main does not import: ModuleNotFoundError

Traceback (most recent call last):
  File "{light}/main.py", line 1, in <module>
    import beside
  File "{light}/beside.py", line 1, in <module>
    import nowhere_to_be_found
ModuleNotFoundError: No module named 'nowhere_to_be_found'
"""
    assert wanted == block(done.stderr)


def test_syntax_error(light: Path, marty: Marty, block: Block) -> None:
    """A module with a syntax error is shown where it is broken."""
    (light / "main.py").write_text("app = = 1\n")

    done = marty("runservice", *PORTS)

    assert (3, "") == (done.returncode, done.stdout)
    wanted = f"""\
error: the service could not start

  http.app: main does not import: SyntaxError

  File "{light}/main.py", line 1
    app = = 1
          ^
SyntaxError: invalid syntax
"""
    assert wanted == block(done.stderr)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("def registr(server): ...", "config.yaml:1:18: grpc.register: rpc has no register; did you mean registr"),
        (
            "def register(server): ...",
            "rpc:register: register(server) added no servicer; call an add_…Servicer_to_server(…, server) of "
            "your generated code in it",
        ),
    ],
)
def test_register_that_does_not(light: Path, marty: Marty, block: Block, code: str, sentence: str) -> None:
    """A register function that is missing or adds nothing is told what it is to do."""
    (light / "config.yaml").write_text("grpc: {register: rpc:register}\n")
    (light / "rpc.py").write_text(f"{code}\n")

    done = marty("runservice", *PORTS)

    assert (3, "") == (done.returncode, done.stdout)
    assert f"error: the service could not start\n\n  {sentence}\n" == block(done.stderr)


# --- ports that cannot be had: 3 ---


@pytest.mark.parametrize("workers", ["1", "2"])
def test_http_port_taken(  # noqa: PLR0917 - each is a fixture
    folder: Path, marty: Marty, block: Block, taken_port: int, holder: str, workers: str
) -> None:
    """A port that is taken ends the start before any hook runs, and before the gRPC port is tried: that is not told."""
    (folder / "main.py").write_text(HOOKS.format(event="startup", code="Path('ran').touch()"))
    (folder / "rpc.py").write_text("def register(server):\n    open('ran', 'w').close()\n")
    with socket.create_server(("127.0.0.1", 0)) as other:
        (folder / "config.yaml").write_text(f"""\
http: {{port: {taken_port}}}
grpc: {{port: {other.getsockname()[1]}}}
management: {{port: 0}}
workers: {workers}
""")

        done = marty("runservice")

    assert (3, "") == (done.returncode, done.stdout)
    sentence = f"config.yaml:1:14: http.port: {taken_port} is in use{holder}; stop it or set another port"
    assert f"error: the service could not start\n\n  {sentence}\n" == block(done.stderr)
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_grpc_port_taken_by_grpc(both: Path, marty: Marty, block: Block, holder: str, workers: str) -> None:
    """A port on which another gRPC server would let this one join it is taken, too."""
    other = grpc.server(futures.ThreadPoolExecutor(), options=[("grpc.so_reuseport", 1)])
    port = other.add_insecure_port("127.0.0.1:0")
    other.start()
    try:
        done = marty("runservice", *PORTS, "--grpc-port", str(port), "--workers", workers)
    finally:
        other.stop(None).wait()

    assert (3, "") == (done.returncode, done.stdout)
    sentence = f"--grpc-port: grpc.port: {port} is in use{holder}; stop it or set another port"
    assert f"error: the service could not start\n\n  {sentence}\n" == block(done.stderr)


# --- hooks that fail or hang ---


@pytest.mark.parametrize("workers", ["1", "3"])
def test_lifespan_that_raises(light: Path, start: Start, block: Block, workers: str) -> None:
    """A start hook that raises ends the service within 2 s, with one block however many workers there are."""
    (light / "main.py").write_text(HOOKS.format(event="startup", code="raise LookupError('no database')"))

    running = start("runservice", *PORTS, "--workers", workers)
    running.event("lifespan.startup")
    began = time.monotonic()

    assert 3 == running.end()
    assert time.monotonic() - began < AT_ONCE
    wanted = f"""\
error: the service could not start

  the service's lifespan failed to start

Traceback (most recent call last):
  File "{light}/main.py", line {LINE}, in app
    raise LookupError('no database')
LookupError: no database
"""
    assert wanted == block(running.stderr)


def test_lifespan_of_fastapi_that_raises(folder: Path, marty: Marty, block: Block) -> None:
    """A lifespan in the way of FastAPI that raises is shown down to the line that did."""
    (folder / "main.py").write_text("""\
import contextlib

from fastapi import FastAPI


@contextlib.asynccontextmanager
async def lifespan(app):
    raise LookupError("no database")
    yield


app = FastAPI(lifespan=lifespan)
""")

    done = marty("runservice", *PORTS)

    assert 3 == done.returncode
    shown = block(done.stderr)
    assert shown.startswith("error: the service could not start\n\n  the service's lifespan failed to start\n\n")
    assert shown.endswith(f"""\
  File "{folder}/main.py", line 8, in lifespan
    raise LookupError("no database")
LookupError: no database
""")


def test_lifespan_that_hangs(light: Path, start: Start, block: Block) -> None:
    """A start hook that hangs ends the service at startup.timeout, and the line on which it hangs is named."""
    (light / "main.py").write_text(HOOKS.format(event="startup", code="await asyncio.sleep(60)"))

    running = start("runservice", *PORTS, "--set", "startup.timeout=1s")
    running.event("lifespan.startup")
    began = time.monotonic()

    assert 3 == running.end()
    assert time.monotonic() - began < 1 + AT_ONCE
    sentence = (
        f"startup.timeout: the service was not ready after 1s at {light}/main.py:{LINE} in app; "
        "raise startup.timeout, or bound what its start waits for"
    )
    assert f"error: the service could not start\n\n  {sentence}\n" == block(running.stderr)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_term_during_startup(light: Path, start: Start, workers: str) -> None:
    """SIGTERM while a start hook runs is a stop like any other: it is cancelled, and the exit code is 0."""
    (light / "main.py").write_text(HOOKS.format(event="startup", code="await asyncio.sleep(60)"))

    running = start("runservice", *PORTS, "--workers", workers)
    running.event("lifespan.startup")
    running.signal(signal.SIGTERM)
    began = time.monotonic()

    assert 0 == running.end()
    assert time.monotonic() - began < AT_ONCE
    assert "error:" not in running.stderr
    assert [] == [event for event in running.events if event["event"] == "service ready"]


def test_stop_hook_that_hangs(light: Path, serving: Start, block: Block) -> None:
    """A stop hook that hangs ends the service with 1 at the end of its budget, and its line is named."""
    (light / "main.py").write_text(HOOKS.format(event="shutdown", code="await asyncio.sleep(60)"))

    running = serving("--set", "shutdown.grace=0s")
    running.signal(signal.SIGTERM)

    assert 1 == running.end()
    sentence = (
        f"the service's lifespan took longer than 2s to stop at {light}/main.py:{LINE} in app; "
        "bound what it waits for, or raise shutdown.grace"
    )
    assert f"error: the service did not stop cleanly\n\n  {sentence}\n" == block(running.stderr)


@pytest.mark.parametrize(("second", "workers"), [(signal.SIGTERM, "1"), (signal.SIGINT, "2")])
def test_second_signal(light: Path, serving: Start, second: signal.Signals, workers: str) -> None:
    """A second signal while calls are drained ends the service and its workers now, with 128 and its number."""
    running = serving("--workers", workers)

    with futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(running.get, "/held")
        running.event("http call began")
        running.signal(signal.SIGTERM)
        running.event("service draining", int(workers))
        running.signal(second)
        began = time.monotonic()

        assert 128 + second == running.end()
        assert time.monotonic() - began < AT_ONCE
        assert isinstance(answer.exception(), ConnectionError)


# --- marty new: 2 and 4 ---


def test_new_into_a_folder_that_is_not_empty(folder: Path, marty: Marty) -> None:
    """A project is not written over something: 4, what is there is named and stays as it is."""
    before = {path: path.read_bytes() for path in folder.iterdir()}

    done = marty("new", "pets", cwd=folder.parent)

    wanted = (
        "error: the service was not written\n\n"
        f"  '{folder}' is not empty, it holds main.py, rpc.py: choose another folder\n"
    )
    assert (4, "", wanted) == (done.returncode, done.stdout, done.stderr)
    assert before == {path: path.read_bytes() for path in folder.iterdir()}
    assert ["pets"] == [path.name for path in folder.parent.iterdir()]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../../x", "a name is not a path; say the folder apart from the name"),
        ("Pet Store", "a name has lower-case letters, digits and hyphens only; did you mean 'pet-store'?"),
        ("class", "'class' is a word of the Python language, no package can have it"),
    ],
)
def test_new_with_a_bad_name(folder: Path, marty: Marty, name: str, rule: str) -> None:
    """A name that would break later is refused with the rule that it breaks; nothing is written."""
    done = marty("new", name, cwd=folder.parent)

    wanted = f"error: the service was not written\n\n  '{name}' cannot be the name of a service: {rule}\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)
    assert ["pets"] == [path.name for path in folder.parent.iterdir()]


def test_new_with_an_unknown_template(folder: Path, marty: Marty) -> None:
    """A template that there is not is told with those that there are."""
    done = marty("new", "pets", "--template", "fastapy")

    wanted = (
        "error: the service was not written\n\n"
        "  there is no template 'fastapy': did you mean 'fastapi'? The templates are fastapi, grpc, hybrid\n"
    )
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)
