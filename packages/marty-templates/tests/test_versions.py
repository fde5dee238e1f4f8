"""The versions that a project depends on are those its stubs ask for."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

from marty.templates import Project, _versions

if TYPE_CHECKING:
    import pytest


def _floors(project: Project) -> _versions.StubFloors:
    return _versions.stub_floors(project.path / path for path in project.files if "_pb2" in path.name)


def test_grpcio_floor(projects: dict[str, Project]) -> None:
    """The floor of grpcio is the grpcio-tools that the stubs are from: they refuse an older one."""
    assert f">={metadata.version('grpcio-tools')}" == _floors(projects["grpc"]).grpcio


def test_protobuf_range(projects: dict[str, Project]) -> None:
    """The floor of protobuf is the version that the stubs check for, and the next major is the last."""
    stub = (projects["grpc"].path / "src/pet_store/v1/greeter_pb2.py").read_text(encoding="utf-8")
    checked = re.search(r"Domain\.PUBLIC,\s+(\d+),\s+(\d+),\s+(\d+),", stub)

    assert checked is not None
    major, minor, patch = checked.groups()
    assert f">={major}.{minor}.{patch},<{int(major) + 2}" == _floors(projects["grpc"]).protobuf


def test_python_floor(projects: dict[str, Project]) -> None:
    """The floor of Python is that of grpcio, and never below the framework's own 3.9."""
    asked = metadata.metadata("grpcio-tools")["Requires-Python"]

    assert {">=3.8": ">=3.9"}.get(asked, asked) == _floors(projects["grpc"]).python


def test_dependencies(project: Project) -> None:
    """A project depends on what it answers with, and on its stubs' floors if it has stubs."""
    pyproject = (project.path / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = ["marty-microservices-framework>=1.0,<2"]
    if project.template != "grpc":
        dependencies += ["fastapi>=0.115", "pydantic>=2.7"]
    if project.template != "fastapi":
        floors = _floors(project)
        dependencies += [f"grpcio{floors.grpcio}", f"protobuf{floors.protobuf}"]

    lines = [f'    "{dependency}",' for dependency in dependencies]
    assert "\n".join(["dependencies = [", *lines, "]", ""]) in pyproject


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source tree that is not installed has a version that says so."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)

    assert "0+source" == _versions.own_version()
