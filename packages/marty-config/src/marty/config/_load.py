"""The only way to settings: sources in order, merged, validated, or every fault at once."""

from __future__ import annotations

import os
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, overload

from marty.config import _files, _layout, _overrides, _variables
from marty.config._errors import ConfigError, Fault
from marty.config._fit import fit
from marty.config._order import in_order
from marty.config._origin import DEFAULT, Origin
from marty.config._provenance import Override, Provenance, Request
from marty.config._settings import ServiceSettings, provenance, remember
from marty.config._tree import Node, merge, walk
from marty.config._validate import S, check, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@overload
def load(
    *,
    directory: str | os.PathLike[str] = ".",
    environment: str | None = None,
    config: str | os.PathLike[str] | None = None,
    overrides: Iterable[Override] = (),
    environ: Mapping[str, str] | None = None,
) -> ServiceSettings: ...


@overload
def load(
    settings_class: type[S],
    *,
    directory: str | os.PathLike[str] = ".",
    environment: str | None = None,
    config: str | os.PathLike[str] | None = None,
    overrides: Iterable[Override] = (),
    environ: Mapping[str, str] | None = None,
) -> S: ...


def load(  # noqa: PLR0913 - the one way in; each is a keyword with a default
    settings_class: type[ServiceSettings] = ServiceSettings,
    *,
    directory: str | os.PathLike[str] = ".",
    environment: str | None = None,
    config: str | os.PathLike[str] | None = None,
    overrides: Iterable[Override] = (),
    environ: Mapping[str, str] | None = None,
) -> ServiceSettings:
    """The settings of the service in `directory`, as an instance of `settings_class`.

    Sources, low to high: defaults, `config.yaml` or `config/base.yaml`, `config/<environment>.yaml`,
    environment variables such as `MARTY_HTTP__PORT`, `overrides`.
    Mappings are merged deeply, anything else is replaced.

    `environment` is by default the variable `MARTY_ENVIRONMENT`, and without that `development`.
    `config` is a file that takes the place of the base file, relative to the working directory.
    `environ` is by default the environment of the process.

    Raises:
        ConfigError: with every fault of every source, in order of source and then of position.
    """
    request = Request(
        directory=_absolute(directory),
        environment=environment,
        config=None if config is None else _absolute(config),
        overrides=tuple(overrides),
        environ=None if environ is os.environ else environ,
    )
    return _load(settings_class, request)


def reload(settings: S) -> S:
    """The settings again, from the same request: files and variables are read anew.

    Raises:
        ConfigError: as `load` does; the settings at hand stay as they are.
    """
    request = provenance(settings).request or Request(directory=Path.cwd())
    return _load(type(settings), request)


def _load(model: type[S], request: Request) -> S:
    result = _attempt(model, request)
    if isinstance(result, tuple):
        # Raised here, where no frame above holds a value and no other error is being handled.
        raise ConfigError(result)
    return result


def _attempt(model: type[S], request: Request) -> S | tuple[Fault, ...]:
    environ = os.environ if request.environ is None else request.environ
    layout = _layout.survey(request, environ)
    names = [_layout.shown_path(path) for path in layout.files]
    readings = [_files.read(path, name) for path, name in zip(layout.files, names)]
    readings += [_variables.read(environ, model), _overrides.read(request.overrides, model)]
    readings = [fit(reading, model) for reading in readings]
    trees = [reading.tree for reading in readings if reading.tree is not None]
    merged = reduce(merge, trees, Node(DEFAULT, entries={}))
    faults = [*layout.faults, *(fault for reading in readings for fault in reading.faults)]
    if sum(bool(tree.entries) for tree in trees) > 1:  # else validate() below says the same
        faults += [fault for tree in trees for fault in check(tree, model)]
    base = Origin("file", names[0]) if names else None
    is_whole = not layout.faults and all(reading.is_whole for reading in readings)
    settings, more = validate(merged, model, base, is_whole=is_whole)
    faults += more
    if settings is None or faults:
        return in_order(faults, names, request.overrides)
    origins = {".".join(path): _origin(node) for path, node in walk(merged) if path}
    remember(settings, Provenance(request, layout.environment, origins))
    return settings


def _absolute(path: str | os.PathLike[str]) -> Path:
    # Not resolve(): messages show the path as its user knows it, and not where its links lead.
    return Path(os.path.abspath(path))  # noqa: PTH100 - pathlib's own way resolves links


def _origin(node: Node) -> Origin:
    return node.origin if node.entries is None else node.key_origin or node.origin
