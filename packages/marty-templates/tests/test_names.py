"""What a service may be called."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from marty.templates import ServiceNameError, _names, render

if TYPE_CHECKING:
    from pathlib import Path

CHARACTERS = "a name has lower-case letters, digits and hyphens only"
HYPHENS = "a hyphen stands between letters or digits, one at a time"
PATH = "a name is not a path; say the folder apart from the name"
DIGIT = "a name starts with a letter"
OWN = "'marty' and 'marty-…' are the framework's own"


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("pets", "pets"),
        ("pet-store", "pet_store"),
        ("p", "p"),
        ("pets2-eu-1", "pets2_eu_1"),
        ("on", "on"),
        ("martyr", "martyr"),
        ("com", "com"),
        ("x" * 50, "x" * 50),
    ],
)
def test_package_of(name: str, package: str) -> None:
    """A package is the name with underscores."""
    assert package == _names.package_of(name)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "a name has at least one letter"),
        ("../../x", PATH),
        ("/etc/x", PATH),
        ("a\\b", PATH),
        (".git", CHARACTERS + "; did you mean 'git'?"),
        (".", CHARACTERS),
        ("a\0b", CHARACTERS + "; did you mean 'a-b'?"),
        ("pets\n", CHARACTERS + "; did you mean 'pets'?"),
        ("Pets", CHARACTERS + "; did you mean 'pets'?"),
        ("pet_store", CHARACTERS + "; did you mean 'pet-store'?"),
        ("Class", CHARACTERS),
        ("pétit", CHARACTERS + "; did you mean 'p-tit'?"),
        ("{{7*7}}", CHARACTERS),
        ("1abc", DIGIT),
        ("-pets", HYPHENS + "; did you mean 'pets'?"),
        ("pets-", HYPHENS + "; did you mean 'pets'?"),
        ("pet--store", HYPHENS + "; did you mean 'pet-store'?"),
        ("class", "'class' is a word of the Python language, no package can have it"),
        ("async", "'async' is a word of the Python language, no package can have it"),
        ("con", "'con' is a device on Windows, no folder can have it"),
        ("nul", "'nul' is a device on Windows, no folder can have it"),
        ("lpt1", "'lpt1' is a device on Windows, no folder can have it"),
        ("marty", OWN),
        ("marty-config", OWN),
        ("grpc", "'grpc' is something that a service needs itself and would hide"),
        ("fastapi", "'fastapi' is something that a service needs itself and would hide"),
        ("google", "'google' is something that a service needs itself and would hide"),
        ("tests", "'tests' is something that a service needs itself and would hide"),
        ("test", "'test' is something that a service needs itself and would hide"),
        ("json", "its package 'json' would hide the module 'json' of Python itself"),
        ("types", "its package 'types' would hide the module 'types' of Python itself"),
        ("email", "its package 'email' would hide the module 'email' of Python itself"),
        ("sys", "its package 'sys' would hide the module 'sys' of Python itself"),
        ("math", "its package 'math' would hide the module 'math' of Python itself"),
    ],
)
def test_refused(name: str, rule: str, tmp_path: Path) -> None:
    """A name that breaks a rule is refused with that rule, and nothing is written."""
    with pytest.raises(ServiceNameError) as refused:
        render("fastapi", name, tmp_path / "pets")

    assert f"{name!r} cannot be the name of a service: {rule}" == str(refused.value)
    assert [] == list(tmp_path.iterdir())


def test_too_long() -> None:
    """A name of more than 50 characters is refused, and told by its beginning."""
    with pytest.raises(ServiceNameError) as refused:
        _names.package_of("x" * 300)

    assert f"'{'x' * 20}…' cannot be the name of a service: a name has at most 50 characters, this one 300" == str(
        refused.value
    )


def test_standard_library_before_3_10(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `sys.stdlib_module_names` the modules are those in Python's own folders."""
    monkeypatch.setattr(sys, "version_info", (3, 9))

    found = _names._standard_library()

    assert {"json", "types", "sys", "math", "email", "asyncio"} <= found
    assert {"copier", "pets", "pytest"}.isdisjoint(found)
