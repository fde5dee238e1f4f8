"""Logs: loguru as the one pipe, JSON off a terminal and readable on one, one line per event on stderr."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, TextIO

from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loguru import Message, Record

    from marty.config import ServiceSettings

_QUIET = {"uvicorn": "warning", "asyncio": "info", "grpc": "info", "watchfiles": "warning"}
"""Loggers whose lower levels repeat what the supervisor says itself; ``logging.levels`` may open them."""


def configure(settings: ServiceSettings, *, worker: int | None = None, stream: TextIO | None = None) -> None:
    """Send every log of the process to ``stream``, by default stderr, as ``settings.logging`` says.

    Each line of one of several workers has its number in the field ``worker``.
    """
    # The C core of gRPC writes past every logger, and notes for its developers among the errors.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    target = stream or sys.stderr
    section = settings.logging
    is_json = section.format == "json" or (section.format == "auto" and not target.isatty())
    logger.remove()
    logger.configure(extra={} if worker is None else {"worker": worker})
    default = _number(section.level)
    numbers = {name: max(_number(level), default) for name, level in _QUIET.items()}
    numbers.update({name: _number(level) for name, level in section.levels.items()})
    logger.add(
        _Sink(target, _json_line if is_json else _text_line),
        level=0,
        filter=_LevelFilter(default, numbers),
        format="{message}",
        catch=False,  # it would write a block for each message that cannot be written
        backtrace=False,
        diagnose=False,  # it would print local variables, and with them secrets
    )
    # The standard library's loggers drop early what the filter would drop: uvicorn looks at their level, and
    # wraps every request in a logger of its own where all levels pass.
    logging.basicConfig(handlers=[_ToLoguru()], level=default, force=True)
    for name, number in numbers.items():
        logging.getLogger(name).setLevel(number)


class _Sink:
    """Writes lines; a stream that is closed or full costs the line and nothing else."""

    def __init__(self, stream: TextIO, render: Callable[[Record], str]) -> None:
        self._stream = stream
        self._render = render

    def __call__(self, message: Message) -> None:
        try:
            line = self._render(message.record)
        except Exception as error:  # noqa: BLE001 - a field of the caller's that cannot be written must not fail the caller
            record = message.record
            line = self._render({**record, "extra": {"unwritable": f"{type(error).__name__}: {error}"}})
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # /dev/full, a pipe whose reader has gone, a closed stream
            pass


class _LevelFilter:
    """Whether a record counts: the level of its logger, or of the nearest parent that has one, or of all."""

    def __init__(self, default: int, numbers: Mapping[str, int]) -> None:
        self._default = default
        self._numbers = numbers
        self._threshold = functools.lru_cache(maxsize=1024)(self._look_up)

    def __call__(self, record: Record) -> bool:
        return record["level"].no >= self._threshold(record["name"] or "")

    def _look_up(self, name: str) -> int:
        while name:
            if name in self._numbers:
                return self._numbers[name]
            name = name.rpartition(".")[0]
        return self._default


def _number(level: str) -> int:
    return logger.level(level.upper()).no


class _ToLoguru(logging.Handler):
    """Hands the records of the standard library's loggers to loguru, with their own logger's name."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a call whose arguments do not fit its text; the standard library too goes on
            message = f"{record.msg} {record.args}"
        level: str | int = record.levelname
        try:
            logger.level(record.levelname)
        except ValueError:
            level = record.levelno

        def rename(target: Record) -> None:
            target["name"] = record.name

        # The message goes as a field of the pattern, since it may hold braces of its own.
        logger.opt(exception=record.exc_info).patch(rename).log(level, "{}", message)


def _json_line(record: Record) -> str:
    line: dict[str, Any] = {
        "time": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        "logger": record["name"],
        "event": record["message"],
        **record["extra"],
    }
    if record["exception"] is not None:
        line["exception"] = _traceback(record)
    return json.dumps(line, default=str, ensure_ascii=False)


def _text_line(record: Record) -> str:
    fields = "".join(f" {key}={value}" for key, value in record["extra"].items())
    line = f"{record['time']:HH:mm:ss.SSS} {record['level'].name.lower():8} {record['message']}{fields}"
    return f"{line}\n{_traceback(record)}" if record["exception"] is not None else line


def _traceback(record: Record) -> str:
    exception = record["exception"]
    if exception is None or exception.type is None:
        return ""
    parts = traceback.format_exception(exception.type, exception.value, exception.traceback)
    return "".join(parts).rstrip("\n")
