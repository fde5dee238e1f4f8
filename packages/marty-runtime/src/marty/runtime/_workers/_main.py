"""The process of one worker, started by the parent only, with a file descriptor and the parent's pid as arguments."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING

from loguru import logger
from prometheus_client import REGISTRY

from marty.runtime import _logging
from marty.runtime._discovery import discover
from marty.runtime._errors import ServiceError
from marty.runtime._exit import ExitCode
from marty.runtime._health import Health, Phase
from marty.runtime._leave import leave
from marty.runtime._loop import run_to_end
from marty.runtime._process import serve
from marty.runtime._report import report
from marty.runtime._stop import Signals, Stop, StoppedEarly
from marty.runtime._workers._channel import (
    Channel,
    Collect,
    Collected,
    Drain,
    Imported,
    Launch,
    Ready,
    StopServing,
    receive_first,
)

if TYPE_CHECKING:
    from marty.runtime._service import Service


def main() -> None:
    """Run one worker to its end and leave with its exit code."""
    control_fd, parent = map(int, sys.argv[1:])
    _die_with(parent)
    control = socket.socket(fileno=control_fd)
    launch: Launch = receive_first(control)
    signals = Signals()
    # Ctrl-C reaches the whole group of a terminal: the parent answers it, and tells the workers to drain.
    with signals.owned(ignore=(signal.SIGINT, signal.SIGHUP)):
        try:
            _logging.configure(launch.settings, worker=launch.number)
            service = discover(launch.settings, launch.entry)
            code = run_to_end(_work(launch, service, control, signals))
        except StoppedEarly:
            code = ExitCode.STOPPED
        except ServiceError as error:
            report(error.title, error, debug=launch.is_debug)
            code = error.exit_code
    leave(code)


async def _work(launch: Launch, service: Service, control: socket.socket, signals: Signals) -> ExitCode:
    stop, health = Stop(), Health()
    signals.tell(stop)
    channel = await Channel.open(control)
    channel.send(Imported())
    listening = asyncio.ensure_future(_obey(channel, stop, health))
    listen = None if launch.http_fd is None else partial(socket.socket, fileno=launch.http_fd)
    try:
        return await serve(
            launch.settings,
            service,
            stop=stop,
            health=health,
            on_ready=lambda _: channel.send(Ready()),
            listen=listen,
            grpc_port=launch.grpc_port,
            is_worker=True,
        )
    finally:
        _send_metrics(channel)
        await channel.flush()
        listening.cancel()


async def _obey(channel: Channel, stop: Stop, health: Health) -> None:
    with contextlib.suppress(EOFError):
        while True:
            message = await channel.receive()
            if isinstance(message, StopServing):
                health.move_to(Phase.DRAINING)
            elif isinstance(message, Drain):
                stop.set()
            elif isinstance(message, Collect):
                _send_metrics(channel)
    leave(1)  # the parent is gone: nobody watches this worker, and its ports are wanted


def _send_metrics(channel: Channel) -> None:
    try:
        channel.send(Collected(list(REGISTRY.collect())))
    except Exception:  # noqa: BLE001 - a collector of the service's: it must not make this worker deaf to its parent
        logger.exception("metrics not collected")


def _die_with(parent: int) -> None:
    """Let the kernel kill this process with its parent; elsewhere the end of the channel does."""
    if sys.platform == "linux":
        set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:  # it died before that call
            leave(1)
