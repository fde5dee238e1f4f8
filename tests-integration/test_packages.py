"""What an install from wheels brings, and what it does not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Environment, MakeVenv

COMPONENTS = ["marty-cli", "marty-config", "marty-runtime", "marty-templates"]
FRAMEWORK = "marty-microservices-framework"
EXTRAS = f"{FRAMEWORK}[dev,monitoring,test]"

# Of each component alone: the siblings it brings, and what it must do without.
ALONE = {
    "marty-config": (set(), {"fastapi", "grpcio", "uvicorn", "loguru", "typer", "copier"}),
    "marty-runtime": ({"marty-config"}, {"fastapi", "grpcio-tools", "typer", "copier"}),
    "marty-templates": (set(), {"fastapi", "uvicorn", "loguru", "typer", "pydantic-settings"}),
    "marty-cli": ({"marty-config", "marty-runtime"}, {"fastapi", "grpcio-tools", "copier"}),
}


def distributions(environment: Environment) -> set[str]:
    """Give the normalised names of all that is installed."""
    listed = json.loads(environment.pip("list", "--format", "json"))
    return {re.sub(r"[-_.]+", "-", entry["name"]).lower() for entry in listed}


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_installs_alone(make_venv: MakeVenv, name: str) -> None:
    """One component brings what it imports and the siblings that it names, and nothing for other tasks."""
    siblings, absent = ALONE[name]
    installed = distributions(make_venv(name))
    assert {other for other in installed if other.startswith("marty-")} == {name, *siblings}
    assert installed & absent == set()


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_imports_alone(make_venv: MakeVenv, name: str) -> None:
    """Its module comes from the installed wheel and needs nothing that the wheel does not require."""
    environment = make_venv(name)
    module = name.replace("-", ".")
    found = environment.run(["python", "-W", "error", "-c", f"import {module}; print({module}.__file__)"]).stdout
    assert found.startswith(str(environment.path))
    assert f"/site-packages/{module.replace('.', '/')}/__init__.py" in found


def test_the_framework_brings_the_components(make_venv: MakeVenv) -> None:
    """The meta-package installs all of its components, in versions that go together."""
    environment = make_venv(FRAMEWORK)
    ours = {name for name in distributions(environment) if name.startswith("marty-")}
    assert ours == {FRAMEWORK, *COMPONENTS}
    assert environment.pip("check") in {"", "No broken requirements found.\n"}


def test_the_framework_knows_its_components(make_venv: MakeVenv) -> None:
    """`components()` finds each of them installed in the very version that it requires."""
    code = "from marty.framework import components; print(*(f'{c.name} {c.fits}' for c in components()), sep='\\n')"
    output = make_venv(FRAMEWORK).run(["python", "-c", code]).stdout
    assert output.splitlines() == [f"{name} True" for name in COMPONENTS]


def test_extras_bring_what_they_name(make_venv: MakeVenv) -> None:
    """Each of the extras dev, monitoring and test installs every distribution that it requires."""
    environment = make_venv(EXTRAS)
    code = f"import importlib.metadata as m; print(*m.requires({FRAMEWORK!r}), sep='\\n')"
    wanted: dict[str, set[str]] = {}
    for line in environment.run(["python", "-c", code]).stdout.splitlines():
        match = re.fullmatch(r"([\w.-]+).*; extra == \"(\w+)\"", line)
        if match:
            wanted.setdefault(match[2], set()).add(match[1].lower())
    assert sorted(wanted) == ["dev", "monitoring", "test"]
    installed = distributions(environment)
    assert {extra: names - installed for extra, names in wanted.items()} == {extra: set() for extra in wanted}


def test_the_framework_with_extras_is_consistent(make_venv: MakeVenv) -> None:
    """The extras' requirements go together with those of the components."""
    assert make_venv(EXTRAS).pip("check") in {"", "No broken requirements found.\n"}
