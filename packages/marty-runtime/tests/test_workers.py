"""Several processes under one parent: real processes, real signals."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any, Callable

import pytest

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


def test_a_collector_that_raises_does_not_make_a_worker_deaf(start: Callable[..., Any], tmp_path: Path) -> None:
    """A worker whose metrics cannot be had says why, and still drains when it is told to."""
    main = tmp_path / "main.py"
    broken = """
import prometheus_client

class Broken:
    asked = 0
    def collect(self):
        self.asked += 1
        if self.asked > 1:
            raise LookupError("no pool")
        return []

prometheus_client.REGISTRY.register(Broken())
"""
    main.write_text(main.read_text() + broken)
    service = start("workers=2").ready()
    service.get("/metrics", "management")
    service.event("metrics not collected")
    service.kill()
    assert service.exit_code(within=10) == 0


def test_totals_stay_while_a_worker_is_replaced(start: Callable[..., Any]) -> None:
    """What a dead worker had counted is neither lost nor counted twice until its successor is there."""
    service = start("workers=2").ready()
    service.until(lambda: len(_pids(service)) == 2)
    counted, victim = _requests(service), int(service.get("/pid")[1])
    counted = _requests(service)
    os.kill(victim, signal.SIGKILL)
    service.event("worker ended")
    seen = set()
    while not any(event["event"] == "worker replaced" for event in service.events):
        seen.add(_requests(service))
    assert {counted} == {*seen, _requests(service)}


def test_term_while_a_worker_is_replaced(start: Callable[..., Any]) -> None:
    """A worker that died before the stop is no failure of the stop: exit code 0."""
    service = start("workers=2").ready()
    os.kill(int(service.get("/pid")[1]), signal.SIGKILL)
    service.event("worker ended")
    service.kill()
    assert service.exit_code() == 0


def test_modules_of_the_service_do_not_hide_the_standard_librarys(start: Callable[..., Any], tmp_path: Path) -> None:
    """A worker starts as one process does when the service has a module called like a standard one."""
    (tmp_path / "calendar.py").write_text("")
    assert start("workers=2").ready().get("/pool") == (200, '"the pool"')


def test_a_signal_to_the_group_is_the_parents_to_answer(start: Callable[..., Any]) -> None:
    """Ctrl-C and a TERM to the whole process group drain once, with the pause, as a signal to the parent does."""
    service = start("workers=2", "shutdown.pause=1s").ready()
    os.killpg(service.process.pid, signal.SIGTERM)
    service.event("service draining")
    assert {200} == {service.get("/pool")[0] for _ in range(20)}
    assert service.exit_code() == 0
    assert "KeyboardInterrupt" not in service.text


def test_a_worker_that_starts_during_the_pause_is_not_serving(start: Callable[..., Any]) -> None:
    """A successor of a worker that dies while the service drains says NOT_SERVING at once."""
    service = start("workers=1", "reload=true", "shutdown.pause=4s").ready()
    service.kill()
    service.event("service draining")
    os.kill(int(service.get("/pid")[1]), signal.SIGKILL)
    service.event("worker replaced")
    assert service.get("/readyz", "management")[0] == 503
    assert "NOT_SERVING" == service.health()
    assert service.exit_code() == 0


def test_term_during_the_start_undoes_it_in_every_worker(
    start: Callable[..., Any], tmp_path: Path, trace: Callable[[], list[str]]
) -> None:
    """A start hook that is cut off is cancelled, so that its cleanup runs, in many workers as in one process."""
    main = tmp_path / "main.py"
    hook = """
    note("open")
    try:
        await asyncio.sleep(60 if len(trace.read_text().split()) > 1 else 0)
        yield {"pool": ""}
    finally:
        note("close")
"""
    main.write_text(
        re.sub(
            r"async def lifespan.*?note\(.close.\)\n",
            f"async def lifespan(app):{hook}",
            main.read_text(),
            flags=re.DOTALL,
        )
    )
    service = start("workers=3")
    service.until(lambda: trace().count("open") == 3)
    service.kill()
    assert service.exit_code() == 0
    assert (3, 3) == (trace().count("open"), trace().count("close"))


def test_a_roll_follows_the_settings(start: Callable[..., Any], tmp_path: Path) -> None:
    """After SIGHUP the app that config.yaml names now is the one that serves."""
    (tmp_path / "config.yaml").write_text("http: {app: main:app}")
    service = start("workers=2").ready()
    (tmp_path / "other.py").write_text(
        (tmp_path / "main.py").read_text().replace("return request.state.pool", "return 'other'")
    )
    (tmp_path / "config.yaml").write_text("http: {app: other:app}")
    service.kill(signal.SIGHUP)
    service.event("workers rolled")
    service.until(lambda: service.get("/pool")[1] == '"other"')


def test_no_descriptor_left_is_told(start: Callable[..., Any]) -> None:
    """A worker that cannot be started for want of descriptors is tried again, and the reason is logged."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system has no prlimit")
    service = start("workers=2").ready()
    taken = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
    limits = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (taken - 3, limits[1]))
    os.kill(int(service.get("/pid")[1]), signal.SIGKILL)
    assert service.event("worker did not start")["reason"].endswith("could not be started: Too many open files")
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, limits)
    service.event("worker replaced")
