"""The whole framework from its repository: from git, editable from git, and in a checkout."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Environment, MakeVenv

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = ["marty-cli", "marty-config", "marty-runtime", "marty-templates"]
FRAMEWORK = "marty-microservices-framework"

GIT_VARIABLES = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "marty@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@dataclass(frozen=True)
class Repository:
    """A repository with the working tree's files as its only commit, served on loopback."""

    url: str
    path: Path
    commit: str


def git(*arguments: str | Path) -> str:
    """Give what git prints, with nobody's settings."""
    command = ["git", *map(str, arguments)]
    environment = {**os.environ, **GIT_VARIABLES}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def commit_working_tree(folder: Path) -> str:
    """Make a repository of what is in the working tree now, committed or not, and give its commit."""
    git("init", "--quiet", "--initial-branch", "main", folder)
    listed = git("-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    for name in filter(None, listed):
        source, target = ROOT / name, folder / name
        if os.path.lexists(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    git("-C", folder, "add", "--all")
    git("-C", folder, "commit", "--quiet", "--message", "test: what the working tree holds")
    return git("-C", folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Serve a repository by git's own protocol: a folder would count as nobody's URL."""
    folder = tmp_path_factory.mktemp("git")
    commit = commit_working_tree(folder / "marty")

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            command = ["git", "daemon", "--inetd", "--export-all", f"--base-path={folder}"]
            subprocess.run(command, stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, check=False)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Repository(f"git://127.0.0.1:{server.server_address[1]}/marty", folder / "marty", commit)
        server.shutdown()
        thread.join()


def origins(environment: Environment) -> dict[str, dict[str, object]]:
    """Give what the installer recorded of where each of our distributions came from (PEP 610)."""
    files = sorted(environment.path.glob("lib/*/site-packages/marty_*.dist-info/direct_url.json"))
    names = [file.parent.name.partition("-")[0].replace("_", "-") for file in files]
    return dict(zip(names, (json.loads(file.read_text("utf-8")) for file in files)))


def assert_whole(environment: Environment) -> None:
    """Assert that all parts are there, importable, and those of this framework."""
    code = (
        "import marty.cli, marty.config, marty.runtime, marty.templates; from marty.framework import components;"
        "print(*(f'{c.name} {c.fits}' for c in components()), sep='\\n')"
    )
    output = environment.run(["python", "-c", code]).stdout
    assert output.splitlines() == [f"{name} True" for name in COMPONENTS]
    assert environment.pip("check") in {"", "No broken requirements found.\n"}


def test_from_git(repository: Repository, make_venv: MakeVenv) -> None:
    """`pip install git+URL@REF` brings all five distributions, each from the commit of REF."""
    environment = make_venv(is_shared=False)
    environment.pip("install", f"git+{repository.url}@main")
    vcs = {"vcs": "git", "commit_id": repository.commit}
    recorded = {
        name: (origin["url"], origin.get("subdirectory"), {**vcs, **origin["vcs_info"]} == origin["vcs_info"])  # type: ignore[dict-item]  # JSON
        for name, origin in origins(environment).items()
    }
    assert recorded == {
        FRAMEWORK: (repository.url, None, True),
        **{name: (repository.url, f"packages/{name}", True) for name in COMPONENTS},
    }
    assert_whole(environment)


def test_editable_from_git(repository: Repository, make_venv: MakeVenv) -> None:
    """`pip install -e "git+URL@REF#egg=NAME"` brings five distributions, and an edit of any is seen at
    once.
    """
    environment = make_venv(is_shared=False)
    sources = environment.path / "src"
    environment.pip("install", "--src", sources, "--editable", f"git+{repository.url}@main#egg={FRAMEWORK}")
    assert sorted(origins(environment)) == sorted([*COMPONENTS, FRAMEWORK])
    assert_whole(environment)
    parts = [*(name.partition("-")[2] for name in COMPONENTS), "framework"]
    for part in parts:
        (file,) = sources.glob(f"*/packages/*/src/marty/{part}/__init__.py")
        with file.open("a", encoding="utf-8") as module:
            module.write("\nEDITED = True\n")
    code = "import sys, importlib; print(all(importlib.import_module(f'marty.{p}').EDITED for p in sys.argv[1:]))"
    assert environment.run(["python", "-c", code, *parts]).stdout == "True\n"


def test_checkout(repository: Repository, make_venv: MakeVenv, tmp_path: Path) -> None:
    """`pip install .` in a checkout brings the components of that folder, also when its origin is a
    folder.
    """
    checkout = tmp_path / "checkout"
    git("clone", "--quiet", repository.path, checkout)
    environment = make_venv(is_shared=False)
    environment.pip("install", ".", cwd=checkout)
    urls = {name: origin["url"] for name, origin in origins(environment).items()}
    assert urls == {
        FRAMEWORK: checkout.as_uri(),
        **{name: (checkout / "packages" / name).as_uri() for name in COMPONENTS},
    }
    assert_whole(environment)
    assert git("-C", checkout, "status", "--porcelain") == ""
