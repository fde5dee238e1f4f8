"""The wish to end, as a value that is handed on; signals are the one thing that sets it in a process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedEarly(BaseException):
    """A signal came before anything ran, most likely while the service's code was imported.

    Not an Exception, and not a SystemExit: code that catches those while it is imported must not swallow it.
    """


class Stop:
    """Set once, with the signal that asked, or none when something else did."""

    def __init__(self) -> None:
        """Begin unset; made on the loop that waits for it."""
        self._event = asyncio.Event()
        self.signum: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set()

    @property
    def is_interrupt(self) -> bool:
        """Whether a person pressed Ctrl-C, who does not want to wait for a load balancer."""
        return self.signum == signal.SIGINT

    def set(self, signum: int | None = None) -> None:
        """Ask for the end; the first to ask gives the reason."""
        if not self._event.is_set():
            self.signum = signum
            self._event.set()

    async def wait(self) -> None:
        """Return once the end was asked for."""
        await self._event.wait()


class Signals:
    """SIGINT and SIGTERM of this process: the first asks for the end, the second ends it now.

    ``signal.signal`` and not ``loop.add_signal_handler``: a handler of the latter runs only when the loop
    gets to it, and a second signal must also end a process whose loop is blocked.
    """

    def __init__(self) -> None:
        """Begin with nobody to tell; until then a signal raises StoppedEarly: nothing runs yet."""
        self._stop: Stop | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_terminal = False
        self._roll: Callable[[], object] | None = None
        self._count = 0
        self._first: int | None = None

    @contextlib.contextmanager
    def owned(self, *, ignore: tuple[signal.Signals, ...] = ()) -> Iterator[None]:
        """Own the signals for a while, and give them back."""
        self._has_terminal = sys.stderr.isatty()
        wanted: dict[int, Any] = {**dict.fromkeys(_SIGNALS, self._arrived), signal.SIGHUP: self._hung_up}
        wanted.update(dict.fromkeys(ignore, signal.SIG_IGN))
        before = {signum: signal.signal(signum, handler) for signum, handler in wanted.items()}
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)

    def tell(self, stop: Stop, *, roll: Callable[[], object] | None = None) -> None:
        """From now on set ``stop``, and call ``roll`` at SIGHUP; called on the loop that waits for them."""
        self._loop = loop = asyncio.get_running_loop()
        self._roll = None if roll is None else partial(loop.call_soon_threadsafe, roll)
        self._stop = stop
        if self._first is not None:  # a bare except in the service's code, or a __del__, caught StoppedEarly
            stop.set(self._first)

    def _hung_up(self, signum: int, frame: FrameType | None) -> None:
        """A terminal that was closed, and is none any more, ends what ran in it; else this asks for a roll."""
        if self._has_terminal and not sys.stderr.isatty():
            self._arrived(signum, frame)
        elif self._roll is not None:
            self._roll()
        elif self._loop is not None:
            message = "SIGHUP does nothing with one worker; set workers to 2 or more, then it rolls them"
            self._loop.call_soon_threadsafe(logger.warning, message)

    def _arrived(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of handlers
        self._count += 1
        self._first = self._first or signum
        if self._loop is None or self._stop is None:
            raise StoppedEarly
        if self._count > 1:
            os._exit(128 + signum)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set, signum)
