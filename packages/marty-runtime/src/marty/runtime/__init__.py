"""Runs HTTP and gRPC under one supervisor, with health, metrics, logs and a drain that loses nothing.

Seven concepts, each in a file of its own:

- Service (``_service``): what discovery found: an ASGI app or none, a gRPC register function or none.
- Server (``_server``): bind, start, wait, stop; HTTP, gRPC and management each implement it, and all workers
  together do too.
- Health (``_health``): starting, ready, draining; probes only read it.
- supervise (``_supervise``): the life of a service from bind to exit code.
- run (``_run``): the only composition root.

Settings and their loading, the other two, are ``marty.config``'s; templates are ``marty.templates``'.
"""

from __future__ import annotations

from marty.runtime._errors import DiscoveryError, ServiceError, ShutdownError, StartupError
from marty.runtime._exit import ExitCode
from marty.runtime._health import Health, Phase
from marty.runtime._leave import leave
from marty.runtime._report import report
from marty.runtime._run import check, run
from marty.runtime._server import Cut, Server
from marty.runtime._service import Plan, Service

__all__ = [
    "Cut",
    "DiscoveryError",
    "ExitCode",
    "Health",
    "Phase",
    "Plan",
    "Server",
    "Service",
    "ServiceError",
    "ShutdownError",
    "StartupError",
    "check",
    "leave",
    "report",
    "run",
]

__version__: str


def __getattr__(name: str) -> str:
    """``__version__``, read from the installed distribution: importing importlib.metadata costs 50 ms."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - see above

        return version("marty-runtime")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
