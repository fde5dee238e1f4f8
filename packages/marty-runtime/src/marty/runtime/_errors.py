"""Why a service did not start, or not end well, by whose fault it is.

ServiceError
├── DiscoveryError   the service's code: not found, does not import, not what was expected
├── StartupError     the environment: a port that is taken, a start hook that fails or hangs
├── ReportedError    a worker that did not start, and has itself shown why
└── ShutdownError    a stop hook that fails or hangs
"""

from __future__ import annotations

from typing import ClassVar

from marty.runtime._exit import ExitCode


class ServiceError(Exception):
    """A service that does not start, or does not end well.

    Its text is one sentence that names the place and the remedy. Its ``__cause__`` is set only where the
    service's own code raised, so that a reader is shown that traceback and no other.
    """

    title: ClassVar[str] = "the service could not start"
    exit_code: ClassVar[ExitCode] = ExitCode.NOT_STARTED


class DiscoveryError(ServiceError):
    """The service's code is missing, does not import, or is not what was expected."""


class StartupError(ServiceError):
    """The environment does not let the service start."""


class ReportedError(ServiceError):
    """A worker did not start; it has shown the reason, which is not to be shown twice."""


class ShutdownError(ServiceError):
    """The service served, and then did not close what it had opened."""

    title = "the service did not stop cleanly"
    exit_code = ExitCode.FAILED
