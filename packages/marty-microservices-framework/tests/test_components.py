from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Callable

import pytest

from marty.framework import Component, components

if TYPE_CHECKING:
    Install = Callable[..., None]

FRAMEWORK = "marty-microservices-framework"
COMMIT = "90eb8d8817e243ae1bce7253edbcc750b698de50"
GIT_URL = f"git+https://git.example/marty.git@{COMMIT}#subdirectory=packages/marty-cli"


def git_origin(commit: str) -> dict[str, object]:
    """Give what an installer records of an install from git (PEP 610)."""
    return {
        "url": "https://git.example/marty.git",
        "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": "main"},
        "subdirectory": "packages/marty-cli",
    }


def test_the_installed_framework_fits() -> None:
    """The four components of this very installation are named in order and fit."""
    names = ["marty-cli", "marty-config", "marty-runtime", "marty-templates"]
    assert [(component.name, component.fits) for component in components()] == [(name, True) for name in names]


def test_other_requirements_are_no_components(install: Install) -> None:
    """What is required in a range, for an extra or from others is not a component."""
    install(FRAMEWORK, "1.0.0", requires=("fastapi (>=0.115)", 'mypy (>=1.11) ; extra == "dev"', "marty (==1)"))
    assert components() == ()


@pytest.mark.parametrize("requirement", ["marty-cli (==1.0.0)", "marty-cli==1.0.0"])
def test_a_component_of_the_required_version_fits(install: Install, requirement: str) -> None:
    """The installed version equals the pin, however the builder wrote that."""
    install(FRAMEWORK, "1.0.0", requires=(requirement,))
    install("marty-cli", "1.0.0")
    assert components() == (Component("marty-cli", version="1.0.0", required="1.0.0", fits=True),)


def test_another_version_does_not_fit(install: Install) -> None:
    """A newer component than the tested one does not fit."""
    install(FRAMEWORK, "1.0.0", requires=("marty-cli (==1.0.0)",))
    install("marty-cli", "1.1.0")
    assert components() == (Component("marty-cli", version="1.1.0", required="1.0.0", fits=False),)


def test_a_missing_component_does_not_fit(install: Install) -> None:
    """A component that is not installed has no version and does not fit."""
    install(FRAMEWORK, "1.0.0", requires=("marty-cli (==1.0.0)",))
    assert components() == (Component("marty-cli", version=None, required="1.0.0", fits=False),)


def test_a_component_of_the_same_commit_fits(install: Install) -> None:
    """From git, the framework requires its own commit, and that is what must be installed."""
    install(FRAMEWORK, "1.0.0", requires=(f"marty-cli @ {GIT_URL}",))
    install("marty-cli", "1.0.0", origin=git_origin(COMMIT))
    assert components() == (Component("marty-cli", version="1.0.0", required=GIT_URL, fits=True),)


def test_a_component_of_another_commit_does_not_fit(install: Install) -> None:
    """The same version of another commit does not fit a framework from git."""
    install(FRAMEWORK, "1.0.0", requires=(f"marty-cli @ {GIT_URL}",))
    install("marty-cli", "1.0.0", origin=git_origin("0" * 40))
    assert components() == (Component("marty-cli", version="1.0.0", required=GIT_URL, fits=False),)


def test_a_component_from_the_same_folder_fits(install: Install) -> None:
    """In an editable install of a checkout, every component comes from that folder."""
    url = "file:///home/me/marty/tools/editable/marty-cli"
    install(FRAMEWORK, "1.0.0", requires=(f"marty-cli @ {url}",))
    install("marty-cli", "1.0.0", origin={"url": url, "dir_info": {}})
    assert components() == (Component("marty-cli", version="1.0.0", required=url, fits=True),)


def test_without_an_installed_framework_nothing_is_guessed(install: Install) -> None:
    """`marty.framework` on the path without its metadata is an error that names the distribution."""
    install("marty-cli", "1.0.0")
    with pytest.raises(importlib.metadata.PackageNotFoundError, match=FRAMEWORK):
        components()
