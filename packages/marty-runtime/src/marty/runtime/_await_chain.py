"""Where a task of the service's code stands, for messages about what hangs."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator
    from types import FrameType

_NOT_THE_SERVICE = (
    sysconfig.get_path("stdlib"),
    sysconfig.get_path("purelib"),
    sysconfig.get_path("platlib"),
    str(Path(__file__).parent),
)


def place_of(task: asyncio.Task[Any]) -> str:
    """`` at main.py:12 in lifespan``: the innermost line of the service that ``task`` waits in, or nothing."""
    places = [
        f" at {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        for frame in _frames(task.get_coro())
        if not frame.f_code.co_filename.startswith(_NOT_THE_SERVICE)
    ]
    return places[-1] if places else ""


def _frames(awaited: Any) -> Iterator[FrameType]:
    """The frames of a suspended coroutine and of what it awaits, outermost first."""
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
        if frame is None:
            return
        yield frame
        # An async context manager made from a generator awaits a step of it, which does not tell whose.
        generator = getattr(frame.f_locals.get("self"), "gen", None)
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
        if generator is not None and not hasattr(awaited, "cr_frame"):
            awaited = generator
