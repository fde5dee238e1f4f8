"""What tests of the whole share: our wheels, and clean environments of the running interpreter to install
them into.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

import pytest
import wheelhouse as tools_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    MakeVenv = Callable[..., "Environment"]

INSTALL_SECONDS = 300


@dataclass(frozen=True)
class Environment:
    """A virtual environment without pip, in which nothing of the test's own environment can be seen."""

    path: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.bin("python")

    def bin(self, name: str) -> Path:
        """Give the path of an installed command, whether it is there or not."""
        return self.path / "bin" / name

    def variables(self) -> dict[str, str]:
        """Give the variables of a shell in which this environment is active."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MARTY_"))}
        path = os.pathsep.join([str(self.path / "bin"), inherited.get("PATH", os.defpath)])
        return {**inherited, "PATH": path, "VIRTUAL_ENV": str(self.path)}

    def run(
        self, command: Sequence[str | Path], *, cwd: Path | None = None, timeout_seconds: float = 60, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of this environment, in the environment's own folder unless `cwd` says another.

        A failure fails the test and shows what was printed, unless `check` is false.
        """
        program = self.bin(str(command[0]))
        resolved = [program if program.exists() else command[0], *command[1:]]
        return run_checked(
            resolved, cwd=cwd or self.path, env=self.variables(), timeout_seconds=timeout_seconds, check=check
        )

    def pip(self, *arguments: str | Path, cwd: Path | None = None) -> str:
        """Run the test's pip upon this environment and give what it printed: a venv's own pip may be years old."""
        command = [sys.executable, "-m", "pip", "--python", self.python, "--no-input", *arguments]
        result = run_checked(
            command, cwd=cwd or self.path, env=self.variables(), timeout_seconds=INSTALL_SECONDS, check=True
        )
        return result.stdout


def run_checked(
    command: Sequence[str | Path], *, cwd: Path, env: dict[str, str], timeout_seconds: float, check: bool
) -> subprocess.CompletedProcess[str]:
    """Run a command without input; a failure shows all that it printed."""
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    assert not check or result.returncode == 0, (
        f"{command} ended with {result.returncode}\n{result.stdout}{result.stderr}"
    )
    return result


@pytest.fixture(scope="session")
def wheelhouse() -> Path:
    """Give the folder with our wheels and the `constraints.txt` that names them."""
    return tools_wheelhouse.build(tools_wheelhouse.default_out())


@pytest.fixture(scope="session")
def make_venv(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> MakeVenv:
    """Give a function that makes an environment: ours from the wheels, all others from the index.

    The same requirements give the same environment again, so a test must leave it as it was, or ask for one
    of its own by `is_shared=False`.
    """
    made: dict[tuple[str, ...], Environment] = {}

    def make_venv(*requirements: str, is_shared: bool = True) -> Environment:
        key = tuple(sorted(requirements))
        if is_shared and key in made:
            return made[key]
        environment = Environment(tmp_path_factory.mktemp("venv"))
        venv.create(environment.path, symlinks=True)
        if requirements:
            environment.pip("install", *tools_wheelhouse.arguments(wheelhouse, requirements))
        if is_shared:
            made[key] = environment
        return environment

    return make_venv
