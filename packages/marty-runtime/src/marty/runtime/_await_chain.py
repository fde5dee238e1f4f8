"""Where a task of the service's code stands, for messages about what hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marty.runtime._own_code import is_own

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator
    from types import FrameType


def place_of(task: asyncio.Task[Any]) -> str:
    """`` at main.py:12 in lifespan``: the innermost line of the service that ``task`` waits in, or nothing."""
    places = [
        f" at {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        for frame in _frames(task.get_coro())
        if is_own(frame.f_code.co_filename)
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
