"""A whole service in a process of its own: real ports, real signals."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import termios
import time
import urllib.request
from typing import TYPE_CHECKING, Any, Callable

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hybrid")


IMPORTS_SLOWLY = """
import pathlib, time
try:
    pathlib.Path("importing").touch()
    time.sleep(120)
except Exception:
    pass
app = print
"""


def test_serves_both_protocols_and_the_management_port(start: Callable[..., Any]) -> None:
    """One process answers HTTP, gRPC, gRPC health and the probes, on the ports that it says."""
    service = start().ready()
    assert service.get("/pool") == (200, '"the pool"')
    assert service.say(b"0") == b"said 0"
    assert service.get("/readyz", "management") == (200, "ready\n")
    with grpc.insecure_channel(service.addresses["grpc"]) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        for name in ("", "test.Echo"):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
    service.kill()
    assert service.exit_code() == 0


def test_term_answers_what_is_in_flight(
    start: Callable[..., Any], trace: Callable[[], list[str]], in_background: Callable[..., Any]
) -> None:
    """SIGTERM with a call of each protocol in flight: readiness goes off, both are answered, exit code 0."""
    service = start("shutdown.pause=500ms").ready()
    slow = in_background(service.get, "/slow/1.5")
    said = in_background(service.say, b"1.5")
    service.until(lambda: {"slow", "say"} <= set(trace()))
    service.kill()
    service.event("service draining")
    assert service.get("/readyz", "management") == (503, "draining\n")
    assert service.get("/livez", "management") == (200, "draining\n")
    assert service.get("/pool") == (200, '"the pool"')
    assert slow() == (200, '"slept"')
    assert said() == b"said 1.5"
    assert service.exit_code() == 0
    assert trace()[-1] == "close"


def test_grpc_health_says_not_serving_during_the_pause(start: Callable[..., Any]) -> None:
    """A Watch on gRPC health sees NOT_SERVING while calls are still taken, and does not prolong the drain."""
    service = start("shutdown.pause=500ms", "shutdown.grace=120s").ready()
    with grpc.insecure_channel(service.addresses["grpc"]) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=20)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        service.kill()
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert service.say(b"0") == b"said 0"
        assert service.exit_code(within=60) == 0


def test_an_unanswered_call_cut_at_the_grace_is_a_failure(
    start: Callable[..., Any], trace: Callable[[], list[str]], in_background: Callable[..., Any]
) -> None:
    """A call that had no answer when the grace ended is cut and counted, and the exit code is 1."""
    service = start("shutdown.grace=300ms").ready()
    slow = in_background(service.get, "/slow/120")
    said = in_background(service.say, b"120")
    service.until(lambda: {"slow", "say"} <= set(trace()))
    service.kill()
    assert service.exit_code(within=25) == 1
    cut = service.event("calls cut at the end of the grace")
    assert (2, 0) == (cut["unanswered"], cut["answering"])
    assert slow() == (503, "")
    assert isinstance(said(), grpc.RpcError)
    assert not [event for event in service.events if "exception" in event]
    assert trace()[-1] == "close"


def test_a_stream_cut_at_the_grace_is_none(
    start: Callable[..., Any], trace: Callable[[], list[str]], in_background: Callable[..., Any]
) -> None:
    """An endless stream is cut at the grace and counted; since it had been answering, the exit code is 0."""
    service = start("shutdown.grace=300ms").ready()
    in_background(service.get, "/stream")
    service.until(lambda: "streamed" in trace())
    service.kill()
    assert service.exit_code(within=25) == 0
    cut = service.event("calls cut at the end of the grace")
    assert (0, 1) == (cut["unanswered"], cut["answering"])


def test_a_second_signal_ends_at_once(
    start: Callable[..., Any], trace: Callable[[], list[str]], in_background: Callable[..., Any]
) -> None:
    """A second signal while draining cuts everything: the exit code is 128 plus its number."""
    service = start().ready()
    in_background(service.get, "/slow/120")
    service.until(lambda: "slow" in trace())
    service.kill()
    service.event("service draining")
    service.kill(signal.SIGINT)
    assert service.exit_code(within=25) == 128 + signal.SIGINT


def test_term_while_the_service_is_imported(start: Callable[..., Any], tmp_path: Path) -> None:
    """A signal that comes before anything runs ends it at once and well, whatever the import catches."""
    (tmp_path / "main.py").write_text(IMPORTS_SLOWLY)
    service = start()
    service.until((tmp_path / "importing").exists)
    service.kill()
    assert service.exit_code(within=25) == 0


def test_a_blocked_thread_does_not_keep_the_process(
    start: Callable[..., Any], tmp_path: Path, in_background: Callable[..., Any]
) -> None:
    """A handler that blocks its thread is cut at the grace like any other: the exit is not held up by it."""
    main = tmp_path / "main.py"
    main.write_text(
        main.read_text()
        + "\n\n@app.get('/block')\ndef block():\n    import time\n    note('block')\n    time.sleep(120)\n"
    )
    service = start("shutdown.grace=200ms").ready()
    in_background(service.get, "/block", "http", 5)
    service.until(lambda: "block" in (tmp_path / "trace").read_text())
    service.kill()
    assert service.exit_code(within=25) == 1
    assert service.event("calls cut at the end of the grace")["unanswered"] == 1


def test_hangup_does_not_end_one_process(start: Callable[..., Any]) -> None:
    """SIGHUP without workers says that it does nothing, and the service goes on."""
    service = start().ready()
    service.kill(signal.SIGHUP)
    service.event("SIGHUP does nothing with one worker; set workers to 2 or more, then it rolls them")
    assert service.get("/pool") == (200, '"the pool"')
    service.kill()
    assert service.exit_code() == 0


def test_metrics_can_be_off(start: Callable[..., Any]) -> None:
    """With metrics.enabled false there is no /metrics, and the probes still answer."""
    service = start("metrics.enabled=false").ready()
    assert service.get("/metrics", "management")[0] == 404
    assert service.get("/readyz", "management")[0] == 200


def test_info_says_what_runs(start: Callable[..., Any], tmp_path: Path) -> None:
    """/info has the service's name, version, description and environment."""
    (tmp_path / "config.yaml").write_text("service: {name: pets, version: '1.10', description: Sells pets.}")
    service = start().ready()
    assert json.loads(service.get("/info", "management")[1]) == {
        "name": "pets",
        "version": "1.10",
        "description": "Sells pets.",
        "environment": "development",
    }


def test_one_protocol_alone(start: Callable[..., Any], tmp_path: Path) -> None:
    """Either protocol can be off; then its port is not opened and its code not imported."""
    (tmp_path / "rpc.py").write_text("raise RuntimeError")
    service = start("grpc.enabled=false").ready()
    assert sorted(set(service.addresses) & {"http", "grpc", "management"}) == ["http", "management"]


def test_pause_is_longer_under_kubernetes(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """shutdown.pause auto is 5 s in a pod, nothing outside of one, and nothing for a person's Ctrl-C."""
    service = start().ready()
    service.kill()
    assert service.event("service draining")["pause_seconds"] == 0
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    pod, person = start(), start()
    pod.ready().kill()
    assert pod.event("service draining")["pause_seconds"] == 5
    person.ready().kill(signal.SIGINT)
    assert person.event("service draining")["pause_seconds"] == 0


SWALLOWS_SIGNALS = """
import pathlib, time
try:
    pathlib.Path("importing").touch()
    time.sleep(120)
except:
    pass
app = print
"""


def test_a_signal_that_the_service_swallows_still_counts(start: Callable[..., Any], tmp_path: Path) -> None:
    """A bare except around an import keeps the service from ending at once, not from ending."""
    (tmp_path / "main.py").write_text(SWALLOWS_SIGNALS)
    service = start()
    service.until((tmp_path / "importing").exists)
    service.kill()
    assert service.exit_code(within=25) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_closed_terminal_ends_what_ran_in_it(tmp_path: Path, command: list[str], workers: str) -> None:
    """When its terminal goes away the service ends like any program there, with workers too."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, f"workers={workers}"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no threads here yet
    )
    os.close(theirs)
    shown = b""
    while b"service ready" not in shown:
        shown += os.read(ours, 1024)
    os.close(ours)
    try:
        assert process.wait(25) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("closed", ["<&- >&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_change_nothing(tmp_path: Path, command: list[str], workers: str, closed: str) -> None:
    """A service that is started without standard streams runs, drains and ends with exit code 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [*command, f"workers={workers}", f"management.port={port}"]
    with subprocess.Popen(["bash", "-c", f'exec "$@" {closed}', "bash", *words], cwd=tmp_path) as process:
        end = time.monotonic() + 60
        while not _is_ready(port):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        process.terminate()
        assert process.wait(25) == 0


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
