"""Ending a process without waiting for what does not end."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process with ``code``, its output flushed and its threads not joined.

    A handler that blocks a thread would otherwise keep a service that has done its work, for as long as it
    blocks.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
