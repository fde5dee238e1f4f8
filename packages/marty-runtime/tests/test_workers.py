"""Several processes under one parent: real processes, real signals."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hybrid")


def _pids(service: Any) -> set[str]:
    return {service.get("/pid")[1] for _ in range(40)}


def _requests(service: Any) -> int:
    text = service.get("/metrics", "management")[1]
    counts = re.findall(r'^http_server_request_duration_seconds_count{.*http_route="/pid"} (\S+)$', text, re.MULTILINE)
    return sum(int(float(count)) for count in counts)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


def test_three_workers_share_the_ports_and_the_metrics(start: Callable[..., Any]) -> None:
    """Three processes answer on one port, gRPC too, and /metrics has the sum; TERM ends all with exit code 0."""
    service = start("workers=3").ready()
    service.until(lambda: len(_pids(service)) == 3)
    before = _requests(service)
    _pids(service)
    assert before + 40 == _requests(service)
    assert service.say(b"0") == b"said 0"
    service.kill()
    assert service.exit_code() == 0


def test_a_killed_worker_is_replaced(start: Callable[..., Any]) -> None:
    """A worker that dies is named with its signal and replaced, and what it had counted is not lost."""
    service = start("workers=2").ready()
    service.until(lambda: len(_pids(service)) == 2)
    counted, victim = _requests(service), min(_pids(service))
    counted = _requests(service)
    os.kill(int(victim), signal.SIGKILL)
    ended = service.event("worker ended")
    assert (int(victim), "killed by SIGKILL") == (ended["pid"], ended["reason"])
    replaced = service.event("worker replaced")
    service.until(lambda: str(replaced["pid"]) in _pids(service))
    assert _requests(service) > counted
    service.kill()
    assert service.exit_code() == 0


def test_a_crash_loop_gives_up(start: Callable[..., Any], tmp_path: Path) -> None:
    """A worker that always dies after its start is started five times more, then the service ends with 1."""
    main = tmp_path / "main.py"
    main.write_text(
        main.read_text().replace(
            'yield {"pool": "the pool"}',
            """if pathlib.Path("doomed").exists():
        asyncio.get_running_loop().call_later(0.3, os._exit, 7)
    yield {"pool": "the pool"}""",
        )
    )
    service = start("workers=2").ready()
    (tmp_path / "doomed").touch()
    os.kill(int(service.get("/pid")[1]), signal.SIGKILL)
    assert service.exit_code(within=90) == 1
    assert service.event("worker given up")["starts"] == 5
    assert service.event("worker ended", nth=2)["reason"] == "exit code 7"


def test_what_keeps_workers_from_starting_is_shown_once(start: Callable[..., Any], tmp_path: Path) -> None:
    """A start hook that raises ends three workers with exit code 3, one error, and no process left."""
    (tmp_path / "main.py").write_text("app = 1\nraise LookupError('no such pool')\n")
    service = start("workers=3")
    assert service.exit_code() == 3
    assert service.text.count("error:") == 1
    assert "LookupError: no such pool" in service.text


def test_workers_end_with_a_killed_parent(start: Callable[..., Any]) -> None:
    """When the parent is killed its workers are gone at once, and their ports free."""
    service = start("workers=2").ready()
    service.until(lambda: len(_pids(service)) == 2)
    pids = _pids(service)
    service.kill(signal.SIGKILL)
    service.exit_code()
    service.until(lambda: not any(map(_is_alive, pids)), within=10)
    assert service.get("/pid")[0] == 0


def test_hangup_rolls_the_workers(start: Callable[..., Any]) -> None:
    """SIGHUP replaces every worker by a new one, and no request is refused meanwhile."""
    service = start("workers=2").ready()
    service.until(lambda: len(_pids(service)) == 2)
    before, answers = _pids(service), []
    service.kill(signal.SIGHUP)

    def is_rolled() -> bool:
        answers.append(service.get("/pid")[0])
        return any(event["event"] == "workers rolled" for event in service.events)

    service.until(is_rolled)
    assert {200} == set(answers)
    service.until(lambda: len(_pids(service)) == 2)
    assert not before & _pids(service)


def test_a_roll_that_does_not_start_keeps_the_old_workers(start: Callable[..., Any], tmp_path: Path) -> None:
    """A successor that fails shows why, and the old worker serves on; the next roll can succeed."""
    service = start("workers=2").ready()
    main = tmp_path / "main.py"
    good = main.read_text()
    main.write_text("raise LookupError('half an edit')")
    service.kill(signal.SIGHUP)
    assert service.event("workers not rolled, the old ones serve on")["reason"] == "its own error stands above"
    assert "LookupError: half an edit" in service.text
    assert service.get("/pool") == (200, '"the pool"')
    main.write_text(good)
    service.kill(signal.SIGHUP)
    service.event("workers rolled")
    service.kill()
    assert service.exit_code() == 0


def test_reload_serves_an_edit_and_survives_a_broken_one(start: Callable[..., Any], tmp_path: Path) -> None:
    """With reload an edit is served without a refused request; a broken one, or wrong settings, change nothing."""
    service = start("reload=true").ready()
    main = tmp_path / "main.py"
    good = main.read_text()
    main.write_text(good.replace("return request.state.pool", "return 'edited'"))
    answers = []

    def is_edited() -> bool:
        answers.append(service.get("/pool"))
        return bool(answers[-1][1] == '"edited"')

    service.until(is_edited)
    assert {200} == {status for status, _ in answers}
    main.write_text("def broken(:")
    service.event("workers not rolled, the old ones serve on")
    assert service.get("/pool") == (200, '"edited"')
    main.write_text(good)
    service.until(lambda: service.get("/pool")[1] == '"the pool"')
    (tmp_path / "config.yaml").write_text("http: {prot: 1}")
    service.until(lambda: "config.yaml:1:8: http.prot: unknown key; did you mean http.port?" in service.text)
    assert service.get("/pool") == (200, '"the pool"')
    service.kill(signal.SIGINT)
    assert service.exit_code() == 0


def test_term_during_a_roll_loses_no_worker(
    start: Callable[..., Any], in_background: Callable[..., Any], trace: Callable[[], list[str]]
) -> None:
    """TERM while a worker is being replaced ends all of them, with the call in flight answered and exit code 0."""
    service = start("workers=2").ready()
    slow = in_background(service.get, "/slow/1.5")
    service.until(lambda: "slow" in trace())
    service.kill(signal.SIGHUP)
    service.event("service draining")  # the first of the old workers
    service.kill()
    assert slow() == (200, '"slept"')
    assert service.exit_code() == 0


def test_a_slow_import_does_not_count_as_a_hanging_start(start: Callable[..., Any], tmp_path: Path) -> None:
    """startup.timeout counts from when a worker's code is imported, as it does without workers."""
    main = tmp_path / "main.py"
    main.write_text(f"import time\ntime.sleep(2)\n{main.read_text()}")
    service = start("workers=2", "startup.timeout=500ms").ready()
    assert service.get("/pool") == (200, '"the pool"')


def test_a_start_hook_that_blocks_a_worker_is_told(start: Callable[..., Any], tmp_path: Path) -> None:
    """A worker that cannot even say that it hangs is ended by its parent, with exit code 3."""
    main = tmp_path / "main.py"
    main.write_text(main.read_text().replace('note("open")', "import time; time.sleep(60)"))
    service = start("workers=2", "startup.timeout=200ms")
    assert service.exit_code() == 3
    assert service.text.splitlines() == [
        "error: the service could not start",
        "",
        "  startup.timeout: worker 1 was not ready after 0.2s and does not answer; "
        "look for a start hook that blocks the event loop",
    ]
