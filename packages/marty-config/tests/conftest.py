"""Every test has an empty working directory and no variable of ours."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from marty.config import ConfigError, load

# A busy machine is no failure, and no test may leave files where it was started.
settings.register_profile("marty", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("marty")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a service, which is the working directory."""
    for name in list(os.environ):
        if name.startswith("MARTY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(project: Path) -> Callable[[str, str], Path]:
    """Write a file of the service."""

    def write(name: str, text: str) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def bad(write: Callable[[str, str], Path]) -> Callable[[str], str]:
    """What is said of a config.yaml with this text."""

    def bad(text: str) -> str:
        write("config.yaml", text)
        with pytest.raises(ConfigError) as caught:
            load()
        return str(caught.value)

    return bad
