"""Finding a service's code by looking at files, without importing any.

The parent of several workers only needs to know which ports to bind, and must not run the service's code.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from marty.config import directory as directory_of
from marty.runtime._errors import DiscoveryError
from marty.runtime._service import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from marty.config import ServiceSettings

_APP_FILES = ("main", "app", "api")
_RPC_FILES = ("grpc_server", "rpc")


def locate(settings: ServiceSettings) -> Entry:
    """Where the app and the register function are: what the settings name, else what the folder holds.

    Looks at ``main.py``, ``app.py`` and ``api.py`` for ``app`` or ``create_app``, and at ``grpc_server.py``
    and ``rpc.py`` for ``register``: in the service's folder, then in the one package under its ``src``.

    Raises:
        DiscoveryError: there is neither; or several packages under ``src`` have one.
    """
    folder = directory_of(settings)
    app, register = settings.http.app, settings.grpc.registers
    is_factory, found = settings.http.factory, []
    if settings.http.enabled and app is None:
        place = _find(folder, _APP_FILES, ("app", "create_app"))
        if place is not None:
            app, is_factory = f"{place[0]}:{place[1]}", place[1] == "create_app"
            found.append(f"http: {{app: {app}, factory: true}}" if is_factory else f"http: {{app: {app}}}")
    if settings.grpc.enabled and register is None:
        place = _find(folder, _RPC_FILES, ("register",))
        if place is not None:
            register = f"{place[0]}:{place[1]}"
            found.append(f"grpc: {{register: {register}}}")
    entry = Entry(
        app=app if settings.http.enabled else None,
        is_factory=is_factory,
        register=register if settings.grpc.enabled else None,
        found=tuple(found),
    )
    if entry.app is None and entry.register is None:
        raise DiscoveryError(_nothing(settings, folder))
    return entry


def named_anew(settings: ServiceSettings, entry: Entry) -> Entry:
    """The parts of ``entry`` where ``settings`` name them now; what was found by looking stays as it is.

    Not looked for anew: a file that is half edited would seem to hold nothing.
    """
    if entry.app is not None and settings.http.app is not None:
        entry = replace(entry, app=settings.http.app, is_factory=settings.http.factory)
    if entry.register is not None and settings.grpc.registers is not None:
        entry = replace(entry, register=settings.grpc.registers)
    return entry


def _find(folder: Path, files: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, str] | None:
    """Module and name of the first of ``names`` in the first of ``files``."""
    own = next(_defined(folder, "", files, names), None)
    if own is not None:
        return own
    packages = sorted(path.parent for path in (folder / "src").glob("*/__init__.py"))
    hits = [
        hit for package in packages for hit in [next(_defined(package, f"{package.name}.", files, names), None)] if hit
    ]
    if len(hits) > 1:
        key = "grpc.register" if "register" in names else "http.app"
        choices = ", ".join(f"{module}:{name}" for module, name in hits)
        raise DiscoveryError(
            f"several packages under {folder / 'src'} have one: {choices}; name one as {key} in config.yaml"
        )
    return hits[0] if hits else None


def _defined(folder: Path, prefix: str, files: tuple[str, ...], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for stem in files:
        path = folder / f"{stem}.py"
        if not path.is_file():
            continue
        try:
            there = set(_module_names(ast.parse(path.read_bytes())))
        except (SyntaxError, ValueError):
            # Meant to be it, most likely: importing it will show its author where it is broken.
            there = {names[0]}
        yield from ((f"{prefix}{stem}", name) for name in names if name in there)


def _module_names(tree: ast.Module) -> Iterator[str]:
    """Names that a module binds at its top level, also within ``if``, ``try`` and ``with``."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        else:
            # Their own statements only, never those of a def within; elif is an if within the one before it.
            blocks = [node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())]
            for block in blocks:
                for name in ("body", "orelse", "finalbody"):
                    pending += getattr(block, name, ())


def _nothing(settings: ServiceSettings, folder: Path) -> str:
    if not settings.http.enabled and not settings.grpc.enabled:
        return "http.enabled and grpc.enabled are both false; a service needs one of them"
    wanted = []
    if settings.http.enabled:
        wanted.append("an app or a create_app in main.py, app.py or api.py")
    if settings.grpc.enabled:
        wanted.append("a register(server) in grpc_server.py or rpc.py")
    return (
        f"no service in {folder}: looked there and in src for {' and for '.join(wanted)}; "
        "name it in config.yaml, for example http: {app: shop.web:app}"
    )
