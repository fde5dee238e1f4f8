from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import _whence
import pytest

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "https://git.example/marty.git"
COMMITTER = {f"GIT_{who}_{what}": "marty" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *arguments: str) -> str:
    """Give what git prints, with nobody's settings."""
    environment = {**os.environ, **COMMITTER, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone with one commit, clean and known to its server."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", SERVER)
    (folder / "file").write_text("1", encoding="utf-8")
    git(folder, "add", "file")
    git(folder, "commit", "--quiet", "--message", "one")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    return folder


def local(checkout: Path) -> str:
    """Give the URL of a component in the folder itself."""
    return f"{(checkout / 'packages').as_uri()}/{{name}}"


def test_a_pushed_commit_is_had_from_its_server(checkout: Path) -> None:
    """In a clean clone, the components come from the same commit of the same server."""
    commit = git(checkout, "rev-parse", "HEAD")
    assert _whence.siblings(checkout) == f"git+{SERVER}@{commit}#subdirectory=packages/{{name}}"


def test_a_changed_tree_is_had_from_its_folder(checkout: Path) -> None:
    """What somebody is working on is installed, not the commit below it."""
    (checkout / "new").write_text("2", encoding="utf-8")
    assert _whence.siblings(checkout) == local(checkout)


def test_an_unpushed_commit_is_had_from_its_folder(checkout: Path) -> None:
    """No server can be asked for a commit that it does not have."""
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert _whence.siblings(checkout) == local(checkout)


def test_a_fetched_commit_of_no_branch_is_had_from_its_server(checkout: Path) -> None:
    """A pull request's commit is in no branch of the clone that an installer makes."""
    commit = git(checkout, "rev-parse", "HEAD")
    git(checkout, "update-ref", "-d", "refs/remotes/origin/main")
    (checkout / ".git" / "FETCH_HEAD").write_text(f"{commit}\t\t'refs/pull/1/head' of {SERVER}\n", encoding="utf-8")
    assert _whence.siblings(checkout) == f"git+{SERVER}@{commit}#subdirectory=packages/{{name}}"


def test_a_clone_of_a_folder_is_had_from_itself(checkout: Path) -> None:
    """A folder as the origin is nobody else's address."""
    git(checkout, "remote", "set-url", "origin", "/srv/marty.git")
    assert _whence.siblings(checkout) == local(checkout)


def test_a_folder_without_git_is_had_from_itself(tmp_path: Path) -> None:
    """A copy without .git, as in the build of a container, installs what it holds."""
    assert _whence.siblings(tmp_path) == local(tmp_path)


@pytest.mark.parametrize("name", ["pip-req-build-1a2b3c", "pip-install-1a2b3c/marty_0f"])
def test_a_folder_that_pip_removes_is_never_named(tmp_path: Path, name: str) -> None:
    """An archive that pip unpacked for itself leaves its components to the index."""
    folder = tmp_path / name
    folder.mkdir(parents=True)
    assert _whence.siblings(folder) is None


def test_a_folder_in_a_cache_is_never_named(tmp_path: Path) -> None:
    """So does a checkout in the cache of uv, which has its own word on where the components are."""
    (tmp_path / "CACHEDIR.TAG").touch()
    folder = tmp_path / "checkouts" / "marty"
    folder.mkdir(parents=True)
    assert _whence.siblings(folder) is None


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ("https://git.example/marty.git", "https://git.example/marty.git"),
        ("https://me:token@git.example:8443/marty.git", "https://git.example:8443/marty.git"),
        ("https://token@git.example/marty.git", "https://git.example/marty.git"),
        ("git@git.example:team/marty.git", "ssh://git@git.example/team/marty.git"),
        ("ssh://git:secret@git.example:22/marty.git", "ssh://git@git.example:22/marty.git"),
        ("ssh://git.example/marty.git", "ssh://git.example/marty.git"),
        ("git://127.0.0.1:9418/marty", "git://127.0.0.1:9418/marty"),
        ("file:///srv/marty.git", None),
        ("../marty.git", None),
    ],
)
def test_the_origin_keeps_no_secret(checkout: Path, configured: str, expected: str | None) -> None:
    """The URL is one that others can use, without a password or token; ssh keeps its user."""
    git(checkout, "remote", "set-url", "origin", configured)
    assert _whence.origin(checkout) == expected


def test_the_origin_ignores_insteadof(checkout: Path) -> None:
    """A rewrite to a URL with a token stays this machine's own."""
    git(checkout, "config", "url.https://token@git.example/.insteadOf", "https://git.example/")
    assert _whence.origin(checkout) == SERVER


def test_without_git_a_folder_is_had_from_itself(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the git command is missing, the checkout counts as a plain folder."""
    monkeypatch.setenv("PATH", str(checkout))
    assert _whence.siblings(checkout) == local(checkout)
