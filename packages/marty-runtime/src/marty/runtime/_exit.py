"""The exit codes of a service process, the same for one worker and for many."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """How a service ended; a second signal ends it with 128 plus the signal's number instead."""

    STOPPED = 0
    """Stopped on request, also by SIGTERM, and every call had its answer."""
    FAILED = 1
    """A server died while running, or a call without an answer was cut at the end of the grace."""
    USAGE = 2
    """The command line or the settings were wrong; nothing was started."""
    NOT_STARTED = 3
    """The service could not start; what had started was stopped."""
    REFUSED = 4
    """Refused, because it is unsafe without an explicit flag."""
