"""What discovery found: a name, an ASGI app or none, a gRPC register function or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from marty.config import directory

if TYPE_CHECKING:
    from marty.config import ServiceSettings
    from marty.runtime._asgi import App


def name_of(settings: ServiceSettings) -> str:
    """``service.name``, or the name of the service's folder."""
    return settings.service.name or directory(settings).name


@dataclass(frozen=True)
class Entry:
    """Where a service's code is: import strings such as ``pets.main:app``, not imported yet."""

    app: Optional[str] = None
    is_factory: bool = False
    """Whether ``app`` names a function that makes the app."""
    register: Optional[str] = None
    found: tuple[str, ...] = ()
    """Lines of config.yaml that would pin what was found by looking."""


@dataclass(frozen=True)
class Plan:
    """What would run: a service whose code imports and whose ports are free."""

    name: str
    serves: tuple[str, ...]
    """One entry per part, such as ``HTTP: pets.main:app``."""
    found: tuple[str, ...]
    """Lines of config.yaml that would pin what was found by looking."""


@dataclass(frozen=True)
class Service:
    """A service whose code is imported."""

    name: str
    app: Optional[App] = None
    register: Optional[Callable[[Any], Any]] = None
    """Called with a grpc.aio server; may be a coroutine function."""
    register_path: str = ""
    """The import string of ``register``, for messages."""
