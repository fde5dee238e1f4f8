"""Which files make up the settings of a service, and which environment is in force."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from marty.config._errors import Fault
from marty.config._origin import Origin
from marty.config._variables import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marty.config._provenance import Request

DEFAULT_ENVIRONMENT = "development"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Layout:
    """The files to read, low to high, and the environment in force."""

    environment: str
    files: tuple[Path, ...] = ()
    faults: tuple[Fault, ...] = ()


def survey(request: Request, environ: Mapping[str, str]) -> Layout:
    """Look at the service's folder and choose."""
    faults: list[Fault] = []
    if not os.path.isdir(request.directory):  # noqa: PTH112 - pathlib's raises where a parent is closed to us
        message = "no such directory; name the folder of a service"
        fault = Fault(Origin("file", shown_path(request.directory)), None, message)
        return Layout(DEFAULT_ENVIRONMENT, (), (fault,))
    files = [] if request.config is None else [request.config]
    overlays = _overlays(request.directory, faults)
    if request.config is None:
        files += _base(request.directory, overlays, faults)
    environment, origin = _environment(request, environ)
    if _NAME.fullmatch(environment) is None or environment == "base":
        message = "expected a plain name such as production, not base and without slashes"
        faults.append(Fault(origin, None, message))
        return Layout(DEFAULT_ENVIRONMENT, tuple(files), tuple(faults))
    faults += _misnamed(request.directory / "config" / f"{environment}.yml")
    if environment in overlays:
        files.append(overlays[environment])
    elif overlays.keys() - {"base"} and origin.kind != "default":
        faults.append(Fault(origin, None, _no_overlay(environment, sorted(overlays.keys() - {"base"}))))
    return Layout(environment, tuple(files), tuple(faults))


def shown_path(path: Path) -> str:
    """The path as its user sees it: relative to the working directory when below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _environment(request: Request, environ: Mapping[str, str]) -> tuple[str, Origin]:
    if request.environment is not None:
        return request.environment, Origin("option", "--environment")
    if ENVIRONMENT in environ:
        return environ[ENVIRONMENT], Origin("variable", ENVIRONMENT)
    return DEFAULT_ENVIRONMENT, Origin("default", "default")


def _overlays(directory: Path, faults: list[Fault]) -> dict[str, Path]:
    """The files of `config/` by name: from a listing, as some file systems ignore case when they open."""
    folder = directory / "config"
    try:
        names = sorted(path.name for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        message = f"cannot be listed: {os.strerror(error.errno or 0).lower()}"
        faults.append(Fault(Origin("file", shown_path(folder)), None, message))
        return {}
    return {name[: -len(".yaml")]: folder / name for name in names if name.endswith(".yaml")}


def _base(directory: Path, overlays: Mapping[str, Path], faults: list[Fault]) -> list[Path]:
    path, other = directory / "config.yaml", overlays.get("base")
    faults += _misnamed(directory / "config.yml", directory / "config" / "base.yml")
    is_there = os.path.lexists(path)  # a link that leads nowhere is a fault, not an absent file
    if is_there and other is not None:
        message = f"there is also {shown_path(other)}; keep one base file"
        faults.append(Fault(Origin("file", shown_path(path)), None, message))
    if is_there:
        return [path]
    return [] if other is None else [other]


def _misnamed(*paths: Path) -> list[Fault]:
    return [
        Fault(Origin("file", shown_path(path)), None, f"not read; rename it to {path.stem}.yaml")
        for path in paths
        if os.path.lexists(path)
    ]


def _no_overlay(environment: str, others: list[str]) -> str:
    near = get_close_matches(environment, others, 1, 0.6)
    if near:
        remedy = f"did you mean {near[0]} (config/{near[0]}.yaml)?"
    else:
        remedy = "there is " + ", ".join(f"config/{other}.yaml" for other in others[:5])
    return f"no config/{environment}.yaml; {remedy}"
