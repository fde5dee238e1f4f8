"""The faults R1 to R16 of the old launcher, each with what ours does."""

from __future__ import annotations

import contextlib
import http.client
import re
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Callable

import pytest

from marty.config import ServiceSettings, flatten

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from conftest import Running

Marty = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "Running"]
Plan = Callable[..., dict[str, tuple[str, str]]]
FreePort = Callable[[], int]
Block = Callable[[str], str]


def test_r01_file_counts(light: Path, start: Start, free_port: FreePort) -> None:
    """Host, port, workers, debug level and grpc.enabled in config.yaml count when no option is given."""
    port = free_port()
    (light / "rpc.py").write_text("raise RuntimeError('imported although gRPC is off')\n")
    (light / "config.yaml").write_text(f"""\
http: {{host: 0.0.0.0, port: {port}}}
grpc: {{enabled: false}}
management: {{port: 0}}
logging: {{level: debug}}
workers: 2
""")
    (light / "main.py").write_text(
        f"import logging\nlogging.getLogger('pets').debug('debugging')\n{(light / 'main.py').read_text()}"
    )

    running = start("runservice")

    ready = running.event("service ready")
    assert f"http://0.0.0.0:{port}" == ready["http"]
    assert "grpc" not in ready
    assert [1, 2] == sorted(running.event("debugging", count)["worker"] for count in (1, 2))
    assert 200 == running.get("/")[0]


def test_r01_option_overrides_its_own_key_only(light: Path, plan: Plan) -> None:
    """An option that is given overrides its own key; without one, each value is the file's, here that of -c."""
    (light / "other.yaml").write_text("""\
http: {host: 0.0.0.0, port: 0}
grpc: {enabled: false}
management: {port: 0}
logging: {level: debug, access: false}
metrics: {enabled: false}
workers: 2
reload: true
""")

    printed = plan("-c", "other.yaml", "--log-level", "error")

    assert {
        "http.host": ('"0.0.0.0"', "other.yaml:1:14"),
        "http.port": ("0", "other.yaml:1:29"),
        "grpc.enabled": ("false", "other.yaml:2:17"),
        "management.port": ("0", "other.yaml:3:20"),
        "logging.level": ('"error"', "--log-level"),
        "logging.access": ("false", "other.yaml:4:33"),
        "metrics.enabled": ("false", "other.yaml:5:20"),
        "workers": ("2", "other.yaml:6:10"),
        "reload": ("true", "other.yaml:7:9"),
    } == {key: entry for key, entry in printed.items() if entry[1] != "default"}


def test_r02_folder_and_src_are_importable(light: Path, serving: Start) -> None:
    """Without a config.yaml main.py is found, and may import from its folder and from src."""
    (light / "beside.py").write_text("WORD = 'beside'\n")
    (light / "src" / "pets").mkdir(parents=True)
    (light / "src" / "pets" / "__init__.py").touch()
    (light / "src" / "pets" / "names.py").write_text("WORD = 'below src'\n")
    text = (light / "main.py").read_text().replace("str(os.getpid())", "f'{beside.WORD}, {names.WORD}'")
    (light / "main.py").write_text(f"import beside\nfrom pets import names\n{text}")

    running = serving()

    assert (200, "beside, below src") == running.get("/")
    assert "http: {app: main:app}" == running.events[0]["line"]


def test_r03_service_below_by_name(light: Path, serving: Start) -> None:
    """From the parent, by name, the service runs in its own folder, with its own settings and files."""
    (light / "motd.txt").write_text("of the day")
    (light / "config.yaml").write_text("logging: {access: false}\n")
    text = (light / "main.py").read_text().replace("str(os.getpid())", "(AT_IMPORT + open('motd.txt').read())")
    (light / "main.py").write_text(f"AT_IMPORT = open('motd.txt').read() + ' '\n{text}")

    running = serving("pets", cwd=light.parent)

    assert (200, "of the day of the day") == running.get("/")
    running.signal(signal.SIGTERM)
    assert 0 == running.end()
    assert [] == [event for event in running.events if event["event"] == "http request"]


def test_r04_config_that_is_missing(marty: Marty) -> None:
    """A file given as --config that is not there ends the command."""
    done = marty("runservice", "--config", "nope.yaml")

    wanted = "error: one setting is wrong\n\n  nope.yaml: no such file; check the name and the working directory\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_r04_config_that_is_no_yaml(folder: Path, marty: Marty) -> None:
    """A config.yaml that does not parse ends the command, with line and column."""
    (folder / "config.yaml").write_text("http:\n  port: 8000\n host: 127.0.0.1\n")

    done = marty("runservice")

    wanted = "error: one setting is wrong\n\n  config.yaml:3:2: does not fit the lines above; check its indentation\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_r05_mistyped_environment(folder: Path, marty: Marty) -> None:
    """An environment without an overlay ends the command where others have one, and the near one is named."""
    (folder / "config").mkdir()
    (folder / "config" / "production.yaml").write_text("workers: 2\n")

    done = marty("runservice", "-e", "prodution")

    wanted = (
        "error: one setting is wrong\n\n"
        "  --environment: no config/prodution.yaml; did you mean production (config/production.yaml)?\n"
    )
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_r06_unknown_key_and_wrong_type(folder: Path, marty: Marty) -> None:
    """An unknown key and a value of the wrong type end the command: both told, with place and remedy."""
    (folder / "config.yaml").write_text('http:\n  prt: 8001\n  port: "abc"\n')

    done = marty("runservice")

    wanted = (
        "error: 2 settings are wrong\n\n"
        "  config.yaml:2:3: http.prt: unknown key; did you mean http.port?\n"
        "  config.yaml:3:9: http.port: expected an integer from 0 to 65535\n"
    )
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)


def test_r07_overlay_is_merged_deeply(light: Path, plan: Plan) -> None:
    """config/staging.yaml replaces the keys it names, and leaves those beside them as the base has them."""
    (light / "config.yaml").write_text("""\
http:
  port: 0
  keep_alive: 30s
grpc: {enabled: false}
management: {port: 0}
logging:
  level: warning
  levels: {sqlalchemy: info}
""")
    (light / "config").mkdir()
    (light / "config" / "staging.yaml").write_text("http:\n  root_path: /pets\nlogging:\n  levels: {httpx: error}\n")

    printed = plan("-e", "staging")

    assert {
        "http.port": ("0", "config.yaml:2:9"),
        "http.root_path": ('"/pets"', "config/staging.yaml:2:14"),
        "http.keep_alive": ("30.0", "config.yaml:3:15"),
        "logging.level": ('"warning"', "config.yaml:7:10"),
        "logging.levels.sqlalchemy": ('"info"', "config.yaml:8:24"),
        "logging.levels.httpx": ('"error"', "config/staging.yaml:4:19"),
    } == {
        key: value
        for key, value in printed.items()
        if key.startswith(("http.port", "http.root", "http.keep", "logging.level"))
    }


def test_r08_three_workers(light: Path, serving: Start) -> None:
    """--workers 3 makes three processes that answer, none of them the one that was started."""
    running = serving("--workers", "3")

    pids: set[str] = set()
    for _ in range(2000):
        pids.add(running.get("/")[1])
        if len(pids) == 3:
            break

    assert 3 == len(pids)
    assert str(running.process.pid) not in pids
    running.signal(signal.SIGTERM)
    assert 0 == running.end()


def test_r09_reload(light: Path, serving: Start) -> None:
    """With --reload an edit is served soon, and no request on the way there is refused."""
    old = (light / "main.py").read_text()
    running = serving("--reload")
    answers: list[tuple[int, str]] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            answers.append(running.get("/"))

    with ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            (light / "main.py").write_text(old.replace("str(os.getpid())", "'edited while it served'"))
            assert "main.py" == running.event("files changed")["files"]
            running.event("workers rolled")
            after = running.get("/")
        finally:
            is_over.set()
        for client in asking:
            client.result()

    assert (200, "edited while it served") == after
    assert {200} == {status for status, _ in answers}


def test_r09_reload_of_a_broken_edit(light: Path, serving: Start) -> None:
    """An edit that does not import is told, and what served before serves on."""
    running = serving("--reload")
    before = running.get("/")

    (light / "main.py").write_text("import nowhere_to_be_found\n")

    running.event("workers not rolled, the old ones serve on")
    assert before == running.get("/")
    assert "http.app" in running.stderr
    assert "main does not import: ModuleNotFoundError" in running.stderr


def test_r10_register_that_raises(both: Path, start: Start, free_port: FreePort, block: Block) -> None:
    """A register function that raises ends the service with 3, and HTTP has not answered meanwhile."""
    port = free_port()
    (both / "rpc.py").write_text("""\
import asyncio
import logging
from pathlib import Path


async def register(server):
    logging.info("registering")
    while not Path("asked").exists():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # in which HTTP would answer, if it did already
    raise ValueError("no such table: pets")
""")
    running = start("runservice", "--port", str(port), "--grpc-port", "0", "--management-port", "0")
    running.event("registering")

    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.request("GET", "/")
        (both / "asked").touch()
        with pytest.raises(ConnectionError):
            client.getresponse()

    assert 3 == running.end()
    wanted = f"""\
error: the service could not start

  rpc:register: register(server) failed

Traceback (most recent call last):
  File "{both}/rpc.py", line 11, in register
    raise ValueError("no such table: pets")
ValueError: no such table: pets
"""
    assert wanted == block(running.stderr)


def test_r11_grpc_module_that_does_not_import(both: Path, marty: Marty, block: Block) -> None:
    """A gRPC module that does not import ends the service with 3 and the traceback of its own code alone."""
    (both / "rpc.py").write_text("def register(server):\n    ...\n\n\nraise ValueError('no host')\n")

    done = marty("runservice", "--port", "0", "--grpc-port", "0", "--management-port", "0")

    assert 3 == done.returncode
    wanted = f"""\
error: the service could not start

  grpc.register: rpc does not import: ValueError

Traceback (most recent call last):
  File "{both}/rpc.py", line 5, in <module>
    raise ValueError('no host')
ValueError: no host
"""
    assert wanted == block(done.stderr)


def test_r12_grpc_port(both: Path, serving: Start, free_port: FreePort) -> None:
    """--grpc-port is the port that answers, is printed, and stands above the file's."""
    given, in_file = free_port(), free_port()
    (both / "config.yaml").write_text(f"grpc: {{port: {in_file}}}\n")

    running = serving("--grpc-port", str(given))

    assert f"127.0.0.1:{given}" == running.event("service ready")["grpc"]
    assert b"called" == running.call("Echo", b"called")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", in_file))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_r13_term_with_calls_in_flight(folder: Path, serving: Start, workers: str) -> None:
    """SIGTERM lets HTTP and gRPC calls in flight end: both get their answer, and the exit code is 0."""
    running = serving("--workers", workers)

    with ThreadPoolExecutor() as pool:
        over_http = pool.submit(running.get, "/held")
        over_grpc = pool.submit(running.call, "Held", b"held")
        running.event("http call began")
        running.event("grpc call began")
        running.signal(signal.SIGTERM)
        running.event("service draining", int(workers))
        assert [False, False] == [over_http.done(), over_grpc.done()]
        (folder / "released").touch()

        assert (200, '{"message":"held"}') == over_http.result()
        assert b"held" == over_grpc.result()
    assert 0 == running.end()
    assert {"info"} == {event["level"] for event in running.events}
    assert "Traceback" not in running.stderr


def test_r14_metrics(folder: Path, serving: Start) -> None:
    """/metrics on the management port has the calls of both protocols."""
    running = serving()
    running.get("/hello")
    running.call("Echo")

    status, text = running.get("/metrics", "management")

    assert 200 == status
    assert [
        'grpc_server_call_duration_seconds_count{grpc_method="pets.v1.Pets/Echo",grpc_status="OK"} 1.0',
        "http_server_request_duration_seconds_count"
        '{http_request_method="GET",http_response_status_code="200",http_route="/hello"} 1.0',
    ] == sorted(_with_sorted_labels(line) for line in text.splitlines() if "_seconds_count{" in line)


def test_r14_no_metrics(light: Path, serving: Start) -> None:
    """--no-metrics means no /metrics; the probes beside it stay."""
    running = serving("--no-metrics")

    assert (404, "not found\n") == running.get("/metrics", "management")
    assert (200, "ready\n") == running.get("/livez", "management")


def test_r15_debug(light: Path, start: Start, block: Block) -> None:
    """--debug logs at level debug, and a failure that is nobody's code has its traceback."""
    (light / "main.py").write_text("import logging\nlogging.getLogger('pets').debug('debugging')\napp = 1\n")

    loud, quiet = start("runservice", "--debug"), start("runservice")

    assert [3, 3] == [loud.end(), quiet.end()]
    sentence = "error: the service could not start\n\n  http.app: main:app is of type int, not an ASGI app\n"
    assert ["debugging"] == [event["event"] for event in loud.events if event["level"] == "debug"]
    assert f"{sentence}\nTraceback (most recent call last):\n" in loud.stderr
    assert loud.stderr.endswith("DiscoveryError: http.app: main:app is of type int, not an ASGI app\n")
    assert [] == [event for event in quiet.events if event["level"] == "debug"]
    assert sentence == block(quiet.stderr)


def test_r16_dry_run(folder: Path, marty: Marty, environ: dict[str, str]) -> None:
    """--dry-run imports the service and prints every setting with its origin; no hook and no register runs."""
    marker = "__import__('pathlib').Path('ran').touch()"
    (folder / "rpc.py").write_text(f"def register(server):\n    {marker}\n")
    (folder / "main.py").write_text(
        f"async def app(scope, receive, send):\n    {marker}\n\n\nopen('imported', 'w').close()\n"
    )
    (folder / "config.yaml").write_text("service:\n  name: pet-shop\nmanagement:\n  port: 0\n")

    done = marty(
        *("runservice", "--dry-run", "--port", "0", "--set", "shutdown.grace=3s"),
        environ={**environ, "MARTY_GRPC__PORT": "0"},
    )

    assert (0, "") == (done.returncode, done.stderr)
    *head, first = done.stdout.partition("service.name")
    assert [
        "# service pet-shop would serve HTTP: main:app and gRPC: rpc:register; nothing was started\n"
        "# found by looking; in config.yaml this would pin it: http: {app: main:app}\n"
        "# found by looking; in config.yaml this would pin it: grpc: {register: rpc:register}\n",
        "service.name",
    ] == head
    lines = [re.sub(" +# ", " # ", line) for line in f"service.name{first}".splitlines()]
    assert list(flatten(ServiceSettings())) == [line.split(":")[0] for line in lines]
    assert [
        'service.name: "pet-shop" # config.yaml:2:9',
        "http.port: 0 # --port",
        "grpc.port: 0 # MARTY_GRPC__PORT",
        "management.port: 0 # config.yaml:4:9",
        "shutdown.grace: 3.0 # --set",
    ] == [line for line in lines if not line.endswith("# default")]
    assert (folder / "imported").exists()
    assert not (folder / "ran").exists()


def test_r16_dry_run_with_a_port_taken(light: Path, marty: Marty, taken_port: int, holder: str) -> None:
    """--dry-run fails with 3 where the service would: a port is taken."""
    done = marty("runservice", "--dry-run", "--port", "0", "--management-port", str(taken_port))

    assert (3, "") == (done.returncode, done.stdout)
    sentence = f"{taken_port} is in use{holder}; stop it or set another port"
    wanted = f"error: the service could not start\n\n  --management-port: management.port: {sentence}\n"
    assert wanted == done.stderr


def test_r16_dry_run_of_a_service_that_does_not_import(light: Path, marty: Marty) -> None:
    """--dry-run fails with 3 where the service would: its code does not import."""
    (light / "main.py").write_text("raise LookupError('no host')\napp = None\n")

    done = marty("runservice", "--dry-run")

    assert (3, "") == (done.returncode, done.stdout)
    wanted = f"""\
error: the service could not start

  http.app: main does not import: LookupError

Traceback (most recent call last):
  File "{light}/main.py", line 1, in <module>
    raise LookupError('no host')
LookupError: no host
"""
    assert wanted == done.stderr


def _with_sorted_labels(line: str) -> str:
    name, labels, value = re.split("[{}]", line)
    return f"{name}{{{','.join(sorted(labels.split(',')))}}}{value}"
