"""One worker process, as the parent sees it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Callable

from marty.runtime._errors import ReportedError, StartupError
from marty.runtime._exit import ExitCode
from marty.runtime._workers._channel import (
    Channel,
    Collect,
    Collected,
    Drain,
    Imported,
    Message,
    Ready,
    StopServing,
    send_first,
)

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from marty.runtime._workers._channel import Launch

_MAIN = (
    "import sys; sys.path.remove('') if '' in sys.path else None; from marty.runtime._workers._main import main; main()"
)
"""Without the service's folder, where -m would look first and take its calendar.py for the standard library's."""

_UNDO_SECONDS = 2.0
"""What a worker gets to undo a start that is no longer wanted."""


class Worker:
    """A process that was started with ``start`` and ends once."""

    def __init__(
        self,
        number: int,
        process: asyncio.subprocess.Process,
        channel: Channel,
        on_exit: Callable[[Worker], None],
    ) -> None:
        """Use ``start``."""
        self._on_exit = on_exit
        self.number = number
        self.families: list[Metric] = []
        """Its metrics as it last sent them."""
        self._process = process
        self._channel = channel
        self._is_imported = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._collected = asyncio.Event()
        self._listening = asyncio.ensure_future(self._listen())
        self._exited = asyncio.ensure_future(self._wait())

    @classmethod
    async def start(cls, launch: Launch, on_exit: Callable[[Worker], None]) -> Worker:
        """A worker that runs ``launch`` and is ready; one that does not become so has ended.

        ``on_exit`` is told once when it has ended, with its last metrics in ``families``.

        Raises:
            ReportedError: it did not start, and has itself shown why.
            StartupError: it ended in another way, or was not ready within ``startup.timeout``.
        """
        worker = await cls._spawn(launch, on_exit)
        timeout = launch.settings.startup.timeout
        try:
            await worker._reaches(worker._is_imported)  # noqa: SLF001 - of this class
            # The worker keeps the timeout itself and then says where it hangs, unless it cannot even do that.
            is_ready = await asyncio.wait_for(worker._reaches(worker._is_ready), timeout + 1)  # noqa: SLF001
        except asyncio.TimeoutError:
            await worker.kill()
            raise StartupError(
                f"startup.timeout: worker {launch.number} was not ready after {timeout:g}s and does not answer; "
                "look for a start hook that blocks the event loop"
            ) from None
        except asyncio.CancelledError:
            await worker._abandon()  # noqa: SLF001 - of this class
            raise
        if is_ready:
            return worker
        code = await worker.exited()
        if code == ExitCode.NOT_STARTED:
            raise ReportedError("its own error stands above")
        raise StartupError(f"worker {launch.number} ended while it started: {describe_exit(code)}")

    @classmethod
    async def _spawn(cls, launch: Launch, on_exit: Callable[[Worker], None]) -> Worker:
        """A new interpreter and not a fork: gRPC does not survive one."""
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise _not_started(launch, error) from None
        inherited = [theirs.fileno()] + ([] if launch.http_fd is None else [launch.http_fd])
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _MAIN,
                str(theirs.fileno()),
                str(os.getpid()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=inherited,
                # Of no terminal and no group of ours: Ctrl-C, and a signal to the group, are the parent's to answer.
                start_new_session=True,
            )
            send_first(ours, launch)
        except OSError as error:  # no process or descriptor left, for now
            ours.close()
            raise _not_started(launch, error) from None
        finally:
            theirs.close()
        return cls(launch.number, process, await Channel.open(ours), on_exit)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, and ``on_exit`` has been told."""
        return self._exited.done()

    async def _reaches(self, step: asyncio.Event) -> bool:
        """Whether it got as far as ``step``; not when it ended before."""
        waiting = asyncio.ensure_future(step.wait())
        await asyncio.wait({waiting, self._exited}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return step.is_set() and not self._exited.done()

    async def exited(self) -> int:
        """Its exit code once it has ended; minus the number of the signal that killed it."""
        return await asyncio.shield(self._exited)

    def stop_serving(self) -> None:
        """Let its gRPC health say that no new work is wanted."""
        self._channel.send(StopServing())

    async def collect(self, timeout: float) -> list[Metric]:
        """Its metrics now, or as last sent when it does not answer within ``timeout`` seconds."""
        self._collected.clear()
        self._channel.send(Collect())
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._collected.wait(), timeout)
        return self.families

    async def drain(self, within: float) -> int:
        """Let it finish, kill it after ``within`` seconds, and return its exit code."""
        self._channel.send(Drain())
        with contextlib.suppress(asyncio.TimeoutError):
            return await asyncio.wait_for(self.exited(), within)
        return await self.kill()

    async def _abandon(self) -> None:
        """Let it undo its start, as the only process of a service would."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()  # not Drain: while it imports, it has no loop that would read one
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.exited(), _UNDO_SECONDS)
            return
        await self.kill()

    async def kill(self) -> int:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return await self.exited()

    async def _listen(self) -> None:
        with contextlib.suppress(EOFError):
            while True:
                self._take(await self._channel.receive())

    def _take(self, message: Message) -> None:
        if isinstance(message, Imported):
            self._is_imported.set()
        elif isinstance(message, Ready):
            self._is_ready.set()
        elif isinstance(message, Collected):
            self.families = message.families
            self._collected.set()

    async def _wait(self) -> int:
        code = await self._process.wait()
        await asyncio.wait({self._listening}, timeout=1)  # its last metrics may still be in the pipe
        self._channel.close()
        self._on_exit(self)
        return code


def _not_started(launch: Launch, error: OSError) -> StartupError:
    return StartupError(f"worker {launch.number} could not be started: {error.strerror or error}")


def describe_exit(code: int) -> str:
    """``exit code 3``, or the signal: ``killed by SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"
