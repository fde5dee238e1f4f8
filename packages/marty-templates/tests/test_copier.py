"""What copier would do and must not: look for git, read a user's settings."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Callable

import copier
import pytest
from plumbum import CommandNotFound

from marty.templates import WriteError, render

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(shutil.which("git") is None, reason="makes a repository with git")
def test_in_a_git_hook(tmp_path: Path, python: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that git sets for a hook do not mislead the search for the template."""
    subprocess.run(["git", "init", "--quiet", tmp_path / "repository"], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "repository" / ".git"))
    code = f"from marty.templates import render; render('fastapi', 'pet-store', {str(tmp_path / 'p')!r})"

    assert not python(code)
    assert (tmp_path / "p" / "config.yaml").is_file()


def test_a_users_copier_settings_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A settings file of copier, even a broken one, changes nothing."""
    settings = tmp_path / "settings.yml"
    settings.write_text("{", encoding="utf-8")
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))

    assert (render("fastapi", "pet-store", tmp_path / "p").path / "config.yaml").is_file()


def test_a_copier_that_wants_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where copier cannot do without git, that is what is told."""

    def without_git(*args: object, **options: object) -> None:
        raise CommandNotFound("git", [])

    monkeypatch.setattr(copier, "run_copy", without_git)

    with pytest.raises(WriteError) as refused:
        render("fastapi", "pets", tmp_path / "pets")

    wanted = f"could not render: 'git' is not on PATH and copier {copier.__version__} wants it: install it"
    assert wanted == str(refused.value)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.skipif(sys.version_info < (3, 10), reason="the copier of Python 3.9 wants git")
def test_without_git(tmp_path: Path, python: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No git is needed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    code = f"from marty.templates import render; render('fastapi', 'pet-store', {str(tmp_path / 'p')!r})"

    assert not python(code)
    assert (tmp_path / "p" / "config.yaml").is_file()
