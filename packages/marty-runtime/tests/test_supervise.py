"""The supervisor with servers that only note what is asked of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Callable

import pytest

from marty.runtime import Cut, ExitCode, Health, Phase, ShutdownError, StartupError
from marty.runtime._lifespan import Lifespan
from marty.runtime._stop import Stop
from marty.runtime._supervise import Budget, supervise

if TYPE_CHECKING:
    from collections.abc import Coroutine

Notes = list[str]


class FakeServer:
    """Notes each call; can be told to fail."""

    def __init__(self, name: str, notes: Notes, **behaviour: Any) -> None:
        self.name = name
        self._notes = notes
        self._behaviour = behaviour
        self._died = asyncio.Event()

    def bind(self) -> dict[str, str]:
        self._notes.append(f"bind {self.name}")
        if "bind" in self._behaviour:
            raise self._behaviour["bind"]
        return {self.name: "here"}

    async def start(self) -> None:
        self._notes.append(f"start {self.name}")
        if "start" in self._behaviour:
            raise self._behaviour["start"]

    async def wait(self) -> None:
        await self._died.wait()
        raise OSError("gone")

    async def stop(self, grace: float) -> Cut:
        self._notes.append(f"stop {self.name} {grace:g}")
        if "stop" in self._behaviour:
            raise self._behaviour["stop"]
        cut: Cut = self._behaviour.get("cut", Cut())
        return cut if grace else Cut()

    def die(self) -> None:
        self._died.set()


class Case:
    """One life of a service; its parts are made on the loop."""

    def __init__(self, **behaviour: Any) -> None:
        self.notes: Notes = []
        self.stop, self.health = Stop(), Health()
        self.one = FakeServer("one", self.notes, **behaviour)
        self.two = FakeServer("two", self.notes)
        self.probe = FakeServer("probe", self.notes)
        self.startup = 5.0

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        self.notes.append("open")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.notes.append("close")
        await send({"type": "lifespan.shutdown.complete"})

    async def run(self, on_ready: Callable[[], None] | None = None, app: Any = None) -> ExitCode:
        def ready(addresses: dict[str, str]) -> None:
            self.notes.append(f"ready {' '.join(addresses)}")
            (on_ready or self.stop.set)()

        def pause(stop: Stop) -> float:
            self.notes.append(f"pause {self.health.phase.value}")
            return 0

        return await supervise(
            [self.one, self.two],
            probes=[self.probe],
            lifespan=Lifespan(app or self.app),
            health=self.health,
            stop=self.stop,
            budget=Budget(self.startup, pause, 7),
            on_ready=ready,
        )


def _run(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return asyncio.run(main())


def test_order_of_a_whole_life() -> None:
    """Ports first, then probes, lifespan, servers; readiness goes before anything stops; probes end last."""

    async def main() -> tuple[ExitCode, Notes]:
        case = Case()
        return await case.run(), case.notes

    code, notes = _run(main)
    assert code == ExitCode.STOPPED
    firsts = list(dict.fromkeys(note for note in notes if not note.endswith(" 0")))
    assert firsts == [
        "bind one",
        "bind two",
        "bind probe",
        "start probe",
        "open",
        "start two",
        "start one",
        "ready one two probe",
        "pause draining",
        "stop one 7",
        "stop two 7",
        "close",
    ]
    assert notes.index("stop probe 0") > notes.index("close")


def test_a_port_that_is_taken_stops_everything_before_it_starts() -> None:
    """When one bind fails no hook has run, no server has started, and what was bound is let go."""

    async def main() -> Notes:
        case = Case()
        case.two = FakeServer("two", case.notes, bind=StartupError("taken"))
        with pytest.raises(StartupError, match="taken"):
            await case.run()
        return case.notes

    assert _run(main) == ["bind one", "bind two", "stop one 0"]


def test_a_server_that_does_not_start_stops_the_others_and_closes_the_lifespan() -> None:
    """A failing start is raised once what had started is stopped, before the lifespan closes."""

    async def main() -> Notes:
        case = Case()
        case.one = FakeServer("one", case.notes, start=StartupError("no"))
        with pytest.raises(StartupError, match="no"):
            await case.run()
        assert not case.health.has_started
        return case.notes

    notes = _run(main)
    assert notes.index("stop two 0") < notes.index("close")
    assert "stop probe 0" in notes


def test_a_server_that_dies_ends_the_service_with_a_failure() -> None:
    """When a server ends on its own the others drain, without a pause, and the exit code is 1."""

    async def main() -> tuple[ExitCode, Notes]:
        case = Case()
        return await case.run(on_ready=case.two.die), case.notes

    code, notes = _run(main)
    assert code == ExitCode.FAILED
    assert "stop one 7" in notes
    assert "pause draining" not in notes


@pytest.mark.parametrize(
    ("cut", "code"),
    [(Cut(), ExitCode.STOPPED), (Cut(answering=2), ExitCode.STOPPED), (Cut(unanswered=1), ExitCode.FAILED)],
)
def test_only_calls_without_an_answer_make_a_cut_a_failure(cut: Cut, code: ExitCode) -> None:
    """A stream that was cut is none; a call whose client got nothing is."""

    async def main() -> ExitCode:
        return await Case(cut=cut).run()

    assert code == _run(main)


def test_a_stop_that_fails_does_not_keep_the_others_from_it() -> None:
    """One server that cannot stop is logged and a failure; the others and the lifespan are stopped as ever."""

    async def main() -> tuple[ExitCode, Notes]:
        case = Case(stop=OSError("stuck"))
        return await case.run(), case.notes

    code, notes = _run(main)
    assert code == ExitCode.FAILED
    assert {"stop two 7", "close"} <= set(notes)


def test_a_stop_during_the_start_ends_it_well() -> None:
    """A stop while a start hook runs cancels the hook and is a clean end: exit code 0, never ready."""

    async def main() -> tuple[ExitCode, Notes]:
        case = Case()

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            case.stop.set()
            try:
                await asyncio.Event().wait()
            finally:
                case.notes.append("cancelled")

        return await case.run(app=slow), case.notes

    code, notes = _run(main)
    assert code == ExitCode.STOPPED
    assert "cancelled" in notes
    assert not [note for note in notes if note.startswith("ready")]


def test_a_start_that_hangs_ends_at_its_timeout() -> None:
    """The error names the setting, the time and the place in the service's code."""

    async def hang(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.Event().wait()

    async def main() -> str:
        case = Case()
        case.startup = 0.05
        with pytest.raises(StartupError) as caught:
            await case.run(app=hang)
        return str(caught.value)

    text = _run(main)
    line = hang.__code__.co_firstlineno + 2
    assert text == (
        f"startup.timeout: the service was not ready after 0.05s at {__file__}:{line} in hang; "
        "raise startup.timeout, or bound what its start waits for"
    )


def test_a_stop_hook_that_raises_is_raised_after_everything_stopped() -> None:
    """What a stop hook raised is the cause of a ShutdownError, which is exit code 1."""

    async def bad(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise LookupError("no pool")

    async def main() -> tuple[ShutdownError, Notes]:
        case = Case()
        with pytest.raises(ShutdownError) as caught:
            await case.run(app=bad)
        return caught.value, case.notes

    error, notes = _run(main)
    assert (str(error), repr(error.__cause__)) == (
        "the service's lifespan failed to stop",
        "LookupError('no pool')",
    )
    assert error.exit_code == ExitCode.FAILED
    assert notes[-1].startswith("stop ")


def test_health_moves_forward_and_tells() -> None:
    """Whoever waits for a change is told of each, and reads the new phase."""

    async def main() -> list[Phase]:
        health = Health()
        seen = [health.phase]

        async def watch() -> None:
            while health.phase is not Phase.DRAINING:
                await health.changed()
                seen.append(health.phase)

        watching = asyncio.ensure_future(watch())
        for phase in (Phase.READY, Phase.DRAINING):
            await asyncio.sleep(0)
            health.move_to(phase)
            await asyncio.sleep(0)
        await asyncio.wait_for(watching, 5)
        return seen

    assert _run(main) == [Phase.STARTING, Phase.READY, Phase.DRAINING]
