"""A service made from each template passes its own checks, in an environment of built wheels only."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Environment, MakeVenv

NAMES = {"fastapi": "pets", "grpc": "pet-store", "hybrid": "a" + "-long-name" * 4}


@pytest.fixture(scope="module")
def environment(make_venv: MakeVenv) -> Environment:
    """The framework and its extras, with pip, as a developer has them."""
    return make_venv("marty-microservices-framework[dev,test]", "pip", is_shared=False)


@pytest.fixture(scope="module", params=sorted(NAMES))
def service(
    request: pytest.FixtureRequest,
    environment: Environment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A service made from each template in turn, installed as its README says."""
    folder = tmp_path_factory.mktemp(request.param) / "service"
    environment.run(["marty", "new", NAMES[request.param], "--template", request.param, "--into", folder])
    # All that it wants of ours is there. No constraint: pip 26.0, the last for Python 3.9, fails on a constraint's
    # URL for what a requirement wants with an extra.
    environment.pip("install", "-e", ".[dev,test]", cwd=folder)
    return folder


def test_requirements_fit(service: Path, environment: Environment) -> None:
    """What a service asks for and what the framework asks for can be had together."""
    environment.pip("check", cwd=service)


def test_lint(service: Path, environment: Environment) -> None:
    """A new service has no lint and is formatted."""
    environment.run(["ruff", "check"], cwd=service)
    environment.run(["ruff", "format", "--check"], cwd=service)


def test_types(service: Path, environment: Environment) -> None:
    """A new service passes mypy in its strict mode, tests included."""
    assert "Success: no issues found" in environment.run(["mypy"], cwd=service, timeout_seconds=300).stdout


def test_tests(service: Path, environment: Environment) -> None:
    """A new service passes its own tests."""
    assert " passed" in environment.run(["python", "-m", "pytest"], cwd=service).stdout


def test_starts(service: Path, environment: Environment) -> None:
    """A new service would start as it is: its settings are right, and its code imports."""
    ports = [f"--set={section}.port=0" for section in ("http", "grpc", "management")]
    assert "nothing was started" in environment.run(["marty", "runservice", "--dry-run", *ports], cwd=service).stdout


@pytest.mark.parametrize("service", ["grpc", "hybrid"], indirect=True)
def test_stubs_are_current(service: Path, environment: Environment) -> None:
    """Generating the stubs again changes nothing."""
    before = {path: path.read_bytes() for path in (service / "src").rglob("*_pb2*.py*")}
    environment.run(["marty", "proto"], cwd=service)
    assert before
    assert before == {path: path.read_bytes() for path in (service / "src").rglob("*_pb2*.py*")}


def test_wheel(service: Path, environment: Environment, tmp_path: Path) -> None:
    """A new service builds a wheel that has its package, typed and with its stubs, and nothing else."""
    environment.run(
        ["python", "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, "."], cwd=service, timeout_seconds=300
    )
    (wheel,) = tmp_path.glob("*.whl")
    source = service / "src"
    files = [path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {path.relative_to(source).as_posix() for path in files} == held
