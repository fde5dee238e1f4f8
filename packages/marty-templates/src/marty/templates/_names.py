"""What a service may be called.

The name becomes a folder, a distribution, a Python package and a protobuf package, so it must be fit for all
of them; a name that is refused now is cheaper than one that hides `json` in production.
"""

from __future__ import annotations

import keyword
import pkgutil
import re
import sys
import sysconfig
from typing import TYPE_CHECKING

from marty.templates._errors import ServiceNameError

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 50  # with a suffix or two it still fits a Kubernetes label, which ends at 63

# What the service imports, what its environment installs, and the folder of its tests: a project of the same
# name would take the place of the thing it needs.
_NEEDED = frozenset(
    [
        *("anyio", "click", "copier", "dotenv", "fastapi", "google", "grpc", "grpc-tools", "grpcio", "h11"),
        *(
            "grpcio-tools",
            "httptools",
            "httpx",
            "jinja2",
            "loguru",
            "mypy",
            "opentelemetry",
            "packaging",
            "pip",
        ),
        *("poetry-core", "prometheus-client", "protobuf", "pydantic", "pydantic-core", "pydantic-settings"),
        *(
            "pytest",
            "pyyaml",
            "rich",
            "ruff",
            "setuptools",
            "starlette",
            "test",  # Python's own, which sys.stdlib_module_names leaves out
            "tests",
            "typer",
            "uvicorn",
            "uvloop",
        ),
        *("watchfiles", "websockets", "yaml"),
    ]
)

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = frozenset(["aux", "con", "nul", "prn", *(f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10))])


def package_of(name: str) -> str:
    """The Python package of a service called `name`: `pet_store` for `pet-store`.

    Raises:
        ServiceNameError: when no service may be called that; the sentence says which rule forbids it.
    """
    for is_broken, rule in _RULES:
        if is_broken(name):
            raise ServiceNameError(_sentence(name, rule))
    return _package(name)


def _sentence(name: str, rule: str) -> str:
    word = repr(name if len(name) <= _LONGEST else name[:20] + "…")
    told = rule.format(word=word, package=repr(_package(name)), length=len(name))
    near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    is_spelling = rule in {_CHARACTERS, _HYPHENS}
    if is_spelling and not any(is_broken(near) for is_broken, _ in _RULES):
        told += f"; did you mean {near!r}?"
    return f"{word} cannot be the name of a service: {told}"


def _package(name: str) -> str:
    return name.replace("-", "_")


def _standard_library() -> frozenset[str]:
    if sys.version_info >= (3, 10):
        found = sys.stdlib_module_names
    else:
        paths = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
        folders = [*paths, *(f"{path}/lib-dynload" for path in paths)]
        in_files = {module.name for module in pkgutil.iter_modules(folders)}
        found = frozenset(sys.builtin_module_names).union(in_files)
    return found


_CHARACTERS = "a name has lower-case letters, digits and hyphens only"
_HYPHENS = "a hyphen stands between letters or digits, one at a time"

# In this order, the first one broken is told.
_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: not name, "a name has at least one letter"),
    (lambda name: len(name) > _LONGEST, f"a name has at most {_LONGEST} characters, this one {{length}}"),
    (lambda name: "/" in name or "\\" in name, "a name is not a path; say the folder apart from the name"),
    (lambda name: not re.fullmatch(r"[a-z0-9-]+", name), _CHARACTERS),
    (lambda name: name[0].isdigit(), "a name starts with a letter"),
    (lambda name: not all(name.split("-")), _HYPHENS),
    (lambda name: name.split("-")[0] == "marty", "'marty' and 'marty-…' are the framework's own"),
    (keyword.iskeyword, "{word} is a word of the Python language, no package can have it"),
    (lambda name: name in _DEVICES, "{word} is a device on Windows, no folder can have it"),
    (lambda name: name in _NEEDED, "{word} is something that a service needs itself and would hide"),
    (
        lambda name: _package(name) in _standard_library(),
        "its package {package} would hide the module {package} of Python itself",
    ),
)
