"""The composition root: from settings to exit code."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from marty import config
from marty.runtime import _logging, _sockets, _streams
from marty.runtime._discovery import discover
from marty.runtime._errors import ReportedError, ServiceError
from marty.runtime._exit import ExitCode
from marty.runtime._health import Health, Phase
from marty.runtime._lifespan import Lifespan
from marty.runtime._locate import locate
from marty.runtime._loop import run_to_end
from marty.runtime._process import pause_of, probes, serve
from marty.runtime._report import report
from marty.runtime._service import Plan
from marty.runtime._stop import Signals, Stop, StoppedEarly
from marty.runtime._supervise import Budget, supervise
from marty.runtime._workers._fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marty.config import ServiceSettings
    from marty.runtime._service import Entry, Service


def run(settings: ServiceSettings, *, debug: bool = False) -> ExitCode:
    """Run the service that ``settings`` describe until it is told to stop or a server dies.

    The service runs in its own folder, whichever folder it was started from. What keeps it from starting is
    shown on standard error; with ``debug`` always with its traceback. Owns SIGINT and SIGTERM meanwhile: the
    first drains, the second ends the process with 128 plus its number.
    """
    _streams.open_missing()
    signals = Signals()
    with signals.owned(), _in_folder(settings):
        try:
            _logging.configure(settings)
            entry = locate(settings)
            _announce(entry)
            if settings.workers > 1 or settings.reload:
                return run_to_end(_run_workers(settings, entry, signals, is_debug=debug))
            return run_to_end(_run_alone(settings, discover(settings, entry), signals))
        except StoppedEarly:
            return ExitCode.STOPPED
        except ReportedError as error:
            return error.exit_code
        except ServiceError as error:
            report(error.title, error, debug=debug)
            return error.exit_code


def check(settings: ServiceSettings) -> Plan:
    """What ``run`` would run, with its code imported and its ports found free; nothing stays bound.

    Raises:
        ServiceError: it would not start, as far as can be told without running its lifespan.
    """
    with _in_folder(settings):
        entry = locate(settings)
        service = discover(settings, entry)
        wanted = {
            "http": service.app is not None,
            "grpc": service.register is not None,
            "management": settings.management.enabled,
        }
        for section in (name for name, is_wanted in wanted.items() if is_wanted):
            _sockets.listen(settings, section).close()
    paths = {"HTTP": entry.app, "gRPC": entry.register}
    serves = tuple(f"{name}: {path}" for name, path in paths.items() if path is not None)
    return Plan(service.name, serves, entry.found)


async def _run_alone(settings: ServiceSettings, service: Service, signals: Signals) -> ExitCode:
    stop, health = Stop(), Health()
    signals.tell(stop)
    return await serve(settings, service, stop=stop, health=health, on_ready=_say_ready)


async def _run_workers(settings: ServiceSettings, entry: Entry, signals: Signals, *, is_debug: bool) -> ExitCode:
    stop, health = Stop(), Health()
    asked = asyncio.Event()
    signals.tell(stop, roll=asked.set)
    fleet = Fleet(settings, entry, is_debug=is_debug)
    helpers = [
        asyncio.ensure_future(_pass_on(health, fleet)),
        asyncio.ensure_future(_roll(fleet, settings, asked)),
    ]
    if settings.reload:
        helpers.append(asyncio.ensure_future(_watch(settings, asked)))
    try:
        code = await supervise(
            [fleet],
            probes=probes(settings, health, fleet.collect),
            lifespan=Lifespan(None),  # each worker has its own
            health=health,
            stop=stop,
            # Each worker has startup.timeout for itself, from when its code is imported.
            budget=Budget(math.inf, pause_of(settings), settings.shutdown.grace),
            on_ready=_say_ready,
        )
    finally:
        for helper in helpers:
            helper.cancel()
    return ExitCode.FAILED if fleet.has_failed else code


async def _roll(fleet: Fleet, settings: ServiceSettings, asked: asyncio.Event) -> None:
    """Roll the workers each time that it is ``asked`` for, with the settings read anew."""
    while True:
        await asked.wait()
        asked.clear()
        try:
            settings = config.reload(settings)
        except config.ConfigError as error:
            report("the settings are wrong now; the service keeps those it has", error)
        else:
            await fleet.roll(settings)


async def _watch(settings: ServiceSettings, asked: asyncio.Event) -> None:
    """Ask for a roll each time that a file of the service changes."""
    from marty.runtime._workers._watch import changed_files  # noqa: PLC0415 - only reload pays for watchfiles

    async for files in changed_files(config.directory(settings)):
        logger.info("files changed", files=" ".join(files))
        asked.set()


async def _pass_on(health: Health, fleet: Fleet) -> None:
    """Tell the workers when the service starts to drain, for their gRPC health."""
    while health.phase is not Phase.DRAINING:
        await health.changed()
    fleet.stop_serving()


def _announce(entry: Entry) -> None:
    for line in entry.found:
        logger.info("found by looking; this line in config.yaml would pin it", line=line)


def _say_ready(addresses: dict[str, str]) -> None:
    logger.info("service ready", **addresses)


@contextlib.contextmanager
def _in_folder(settings: ServiceSettings) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(config.directory(settings))
    try:
        yield
    finally:
        os.chdir(before)
