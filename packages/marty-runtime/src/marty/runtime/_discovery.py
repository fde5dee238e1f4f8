"""Importing a service's code, with errors that quote the user and never hide one of the service's own."""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from marty.config import directory, origin
from marty.runtime._errors import DiscoveryError
from marty.runtime._service import Entry, Service, name_of

if TYPE_CHECKING:
    from pathlib import Path

    from marty.config import ServiceSettings


def discover(settings: ServiceSettings, entry: Entry) -> Service:
    """Import what ``entry`` names, with the service's folder and its ``src`` importable.

    Raises:
        DiscoveryError: a module or name is missing, or the service's code raised; then that is the cause.
    """
    folder = directory(settings)
    _make_importable(folder)
    app = register = None
    if entry.app is not None:
        app = _load(settings, "http.app", entry.app)
        if entry.is_factory:
            app = _make(settings, entry.app, app)
        if not callable(app):
            raise DiscoveryError(
                f"{_where(settings, 'http.app')}: {entry.app} is of type {type(app).__name__}, not an ASGI app"
            )
        if not _takes(app, 3):
            hint = "; set http.factory: true if it makes the app" if _takes(app, 0) else ""
            raise DiscoveryError(
                f"{_where(settings, 'http.app')}: {entry.app} does not take (scope, receive, send), "
                f"so it is not an ASGI app{hint}"
            )
    if entry.register is not None:
        register = _load(settings, "grpc.register", entry.register)
        if not callable(register):
            raise DiscoveryError(
                f"{_where(settings, 'grpc.register')}: {entry.register} is of type {type(register).__name__}, "
                "not a function that takes a server"
            )
    return Service(
        name=name_of(settings),
        app=app,
        register=register,
        register_path=entry.register or "",
    )


def _make_importable(folder: Path) -> None:
    for path in (str(folder), str(folder / "src")):
        if path in sys.path:
            sys.path.remove(path)
    sys.path[:0] = [str(folder), str(folder / "src")]
    importlib.invalidate_caches()


def _load(settings: ServiceSettings, key: str, path: str) -> Any:
    where = _where(settings, key)
    module_name, colon, attribute = path.partition(":")
    if not (module_name and colon and attribute):
        raise DiscoveryError(f"{where}: {path} is not of the form module:name, for example shop.web:app")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module_name}.".startswith(f"{error.name}."):
            looked = directory(settings)
            raise DiscoveryError(
                f"{where}: no module {error.name} in {looked}, its src or the installed packages"
            ) from None
        raise _own_fault(where, module_name, error) from error
    except (Exception, SystemExit) as error:
        raise _own_fault(where, module_name, error) from error
    for name in attribute.split("."):
        if not hasattr(found, name):
            near = difflib.get_close_matches(name, [other for other in dir(found) if other[0] != "_"], 1)
            hint = f"; did you mean {near[0]}" if near else ""
            raise DiscoveryError(f"{where}: {module_name} has no {attribute}{hint}")
        found = getattr(found, name)
    return found


def _make(settings: ServiceSettings, path: str, factory: Any) -> Any:
    where = _where(settings, "http.app")
    if not callable(factory):
        raise DiscoveryError(f"{where}: {path} is of type {type(factory).__name__}, not a function that makes an app")
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise DiscoveryError(f"{where}: {path}() raised {type(error).__name__}") from error


def _takes(function: Any, count: int) -> bool:
    """Whether ``count`` arguments can be given; also when that cannot be told."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # made in C, without a signature
        return True
    return True


def _own_fault(where: str, module_name: str, error: BaseException) -> DiscoveryError:
    return DiscoveryError(f"{where}: {module_name} does not import: {type(error).__name__}")


def _where(settings: ServiceSettings, key: str) -> str:
    """``config.yaml:3:8: http.app``; for what was found by looking there is no such line."""
    place = origin(settings, key)
    return key if place.kind == "default" else f"{place}: {key}"
