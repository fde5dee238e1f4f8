"""What several test files need: rendered projects, a protoc that fails, an interpreter to look at imports."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import pytest

from marty.templates import Project, render

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("fastapi", "grpc", "hybrid")


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """One project of each template, all called pet-store; a test that writes makes its own."""
    folder = tmp_path_factory.mktemp("projects")
    return {kind: render(kind, "pet-store", folder / kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def project(request: pytest.FixtureRequest, projects: dict[str, Project]) -> Project:
    """Each of the projects in turn."""
    return projects[request.param]


@pytest.fixture
def broken_protoc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put some lines of Python in the place of grpcio-tools, for the processes that this one starts."""

    def put(code: str) -> None:
        package = tmp_path / "fake" / "grpc_tools"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "protoc.py").write_text(code, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(package.parent), os.environ.get("PYTHONPATH", "")]))

    return put


@pytest.fixture
def python() -> Callable[..., str]:
    """Run lines of Python in a new interpreter and give what it prints."""

    def run(code: str, *paths: Path) -> str:
        search = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command,
            # gRPC's own notes of a connection that ends go to standard error, on some runs.
            env={**os.environ, "PYTHONPATH": search, "GRPC_VERBOSITY": "NONE"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout.strip()

    return run
