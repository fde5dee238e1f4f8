"""Logs of the framework, of the service and of every library through one pipe."""

from __future__ import annotations

import io
import json
import logging
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable

import pytest
from loguru import logger

from marty.runtime import _logging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marty.config import ServiceSettings

Settings = Callable[..., "ServiceSettings"]


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """The standard library's loggers as they were before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for other in root.manager.loggerDict.values():
        if isinstance(other, logging.Logger):
            other.setLevel(logging.NOTSET)
    logger.remove()
    logger.configure(extra={})


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_off_a_terminal(settings: Settings) -> None:
    """One object a line: time, level, logger, event, and the fields as their own keys."""
    stream = io.StringIO()
    _logging.configure(settings(), stream=stream)
    logger.info("pet sold", pet="rex", price=3)
    (line,) = _lines(stream)
    assert datetime.fromisoformat(line["time"]).tzinfo is not None
    assert {key: line[key] for key in ("level", "event", "pet", "price")} == {
        "level": "info",
        "event": "pet sold",
        "pet": "rex",
        "price": 3,
    }
    assert line["logger"].endswith("test_logging")


def test_text_on_a_terminal(settings: Settings) -> None:
    """A line for people: time of day, level, event, fields; logging.format forces either."""
    terminal, forced = _Terminal(), io.StringIO()
    _logging.configure(settings(), stream=terminal)
    logger.info("pet sold", pet="rex")
    assert terminal.getvalue()[13:] == "info     pet sold pet=rex\n"
    _logging.configure(settings("logging.format=text"), stream=forced)
    logger.info("pet sold")
    assert forced.getvalue()[13:] == "info     pet sold\n"


def test_the_standard_librarys_loggers_go_the_same_way(settings: Settings) -> None:
    """A record of any library has its own logger's name, once, and may hold braces."""
    stream = io.StringIO()
    _logging.configure(settings(), stream=stream)
    logging.getLogger("sqlalchemy.engine").warning("SELECT %s {x}", 1)
    (line,) = _lines(stream)
    assert (line["logger"], line["level"], line["event"]) == ("sqlalchemy.engine", "warning", "SELECT 1 {x}")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), ["a.b info", "a.b error", "uvicorn.error error"]),
        (("logging.level=error",), ["a.b error", "uvicorn.error error"]),
        (("logging.levels.a=error",), ["a.b error", "uvicorn.error error"]),
        (("logging.levels.uvicorn=info",), ["a.b info", "a.b error", "uvicorn.error info", "uvicorn.error error"]),
        (("logging.level=critical",), []),
    ],
)  # fmt: skip
def test_levels(settings: Settings, pairs: tuple[str, ...], expected: list[str]) -> None:
    """The level of the nearest named parent counts; libraries that repeat the supervisor begin at warning."""
    stream = io.StringIO()
    _logging.configure(settings(*pairs), stream=stream)
    for name in ("a.b", "uvicorn.error"):
        for level in ("debug", "info", "error"):
            getattr(logging.getLogger(name), level)("said")
    assert [f"{line['logger']} {line['level']}" for line in _lines(stream)] == expected


def test_an_exception_is_a_field_without_local_variables(settings: Settings) -> None:
    """The traceback is one field, and never shows the value of a variable."""
    stream = io.StringIO()
    _logging.configure(settings(), stream=stream)

    def connect(password: str) -> None:
        raise LookupError("no pool")

    try:
        connect("hunter2")
    except LookupError:
        logger.exception("failed")
    (line,) = _lines(stream)
    assert line["event"] == "failed"
    assert line["exception"].endswith("LookupError: no pool")
    assert stream.getvalue().count("hunter2") == 1  # the line of source that calls


def test_a_worker_is_named_in_each_line(settings: Settings) -> None:
    """Lines of one of several workers have its number."""
    stream = io.StringIO()
    _logging.configure(settings(), worker=3, stream=stream)
    logger.info("x")
    assert _lines(stream)[0]["worker"] == 3


def test_a_stream_that_fails_costs_only_the_line(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    """With a full disk or a closed pipe nothing is raised, and no block of errors is written instead."""

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    for stream in (Full(), io.StringIO()):
        _logging.configure(settings(), stream=stream)
        stream.close()
        logger.info("x")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_records_that_do_not_count_are_dropped_early(settings: Settings) -> None:
    """The standard library's loggers have the levels too: uvicorn wraps each request where trace would pass."""
    _logging.configure(settings("logging.levels.a=error"), stream=io.StringIO())
    levels = {name: logging.getLogger(name).getEffectiveLevel() for name in ("any", "a.b", "uvicorn.error")}
    assert levels == {"any": logging.INFO, "a.b": logging.ERROR, "uvicorn.error": logging.WARNING}


def test_grpcs_own_notes_are_off(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The C core of gRPC writes to standard error by itself; only errors, unless its variable says otherwise."""
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    _logging.configure(settings(), stream=io.StringIO())
    assert os.environ["GRPC_VERBOSITY"] == "ERROR"
    monkeypatch.setenv("GRPC_VERBOSITY", "DEBUG")
    _logging.configure(settings(), stream=io.StringIO())
    assert os.environ["GRPC_VERBOSITY"] == "DEBUG"


@pytest.mark.parametrize(
    ("log", "event"),
    [
        (lambda: logging.getLogger("x").warning("%s %s", 1), "%s %s (1,)"),  # noqa: PLE1206 - that is the fault
        (lambda: logger.info("keys", data={(1, 2): 3}), "keys"),
        (lambda: logger.info("circle", data=_circle()), "circle"),
    ],
)
def test_a_bad_call_costs_nobody_anything(settings: Settings, log: Callable[[], None], event: str) -> None:
    """Arguments that do not fit, or a field that cannot be written, neither raise nor lose the line."""
    stream = io.StringIO()
    _logging.configure(settings(), stream=stream)
    log()
    assert [event] == [line["event"] for line in _lines(stream)]


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle
