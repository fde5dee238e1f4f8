"""Which components belong together: read from installed metadata, so that it is written in one place only."""

from __future__ import annotations

import importlib.metadata
import json
import re
from dataclasses import dataclass

FRAMEWORK = "marty-microservices-framework"

# `marty-cli (==1.0.0)`, `marty-cli==1.0.0` or `marty-cli @ URL`, as builders write it.
_REQUIREMENT = re.compile(r"(?P<name>marty-[\w-]+) *(?:@ *(?P<url>\S+)|\(?==(?P<version>[^;)\s]+)\)?)$")


@dataclass(frozen=True)
class Component:
    """One of the framework's distributions: what is installed, and what this release was tested with."""

    name: str
    version: str | None  #: the installed one
    required: str  #: a version; from git or from a folder, the URL with the framework's own commit or folder
    fits: bool  #: whether exactly the required one is installed


def components() -> tuple[Component, ...]:
    """Give every component, in the order of names.

    Raises:
        importlib.metadata.PackageNotFoundError: `marty.framework` is importable but not installed.
    """
    requirements = importlib.metadata.requires(FRAMEWORK) or ()
    matches = [match for match in map(_REQUIREMENT.match, requirements) if match]
    return tuple(sorted((_component(match["name"], match["url"] or match["version"]) for match in matches), key=_name))


def _component(name: str, required: str) -> Component:
    try:
        installed = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return Component(name, version=None, required=required, fits=False)
    fits = required in {installed.version, _origin(installed)}
    return Component(name, version=installed.version, required=required, fits=fits)


def _name(component: Component) -> str:
    return component.name


def _origin(installed: importlib.metadata.Distribution) -> str:
    """Give the URL that requires exactly what is installed; empty if it came from an index.

    See https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url: str = origin.get("url", "")
    if "vcs_info" in origin:
        url = f"{origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    return f"{url}#subdirectory={origin['subdirectory']}" if "subdirectory" in origin else url
