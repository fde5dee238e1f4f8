"""How a failure is shown: a title, the sentence, and a traceback only of the service's own code."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING, TextIO

from marty.runtime._own_code import is_machinery, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator


def report(title: str, error: BaseException, *, debug: bool = False, stream: TextIO | None = None) -> None:
    """Write one block about ``error`` to ``stream``, by default standard error.

    The traceback of ``error.__cause__`` follows where there is one: that is the service's own fault, and
    the frames of libraries are left out of it, unless it has no others. With ``debug`` the whole
    traceback of ``error`` follows instead.
    """
    lines = [f"error: {title}", "", *(f"  {line}" for line in str(error).splitlines())]
    if debug:
        lines += ["", *_traceback(error, whole=True)]
    elif error.__cause__ is not None:
        lines += ["", *_traceback(error.__cause__, whole=False)]
    with contextlib.suppress(OSError, ValueError):  # a stream that is full or gone must not change the exit code
        print(*lines, sep="\n", file=stream or sys.stderr, flush=True)


def _traceback(error: BaseException, *, whole: bool) -> Iterator[str]:
    summary = traceback.TracebackException.from_exception(error)
    if not whole:
        own = [frame for frame in summary.stack if is_own(frame.filename)]
        others = [frame for frame in summary.stack if not is_machinery(frame.filename)]
        summary.stack = traceback.StackSummary.from_list(own or others)
    for chunk in summary.format():
        yield from chunk.rstrip("\n").splitlines()
