"""A mistake here shows only when a release goes wrong: release-please passes over keys and paths that fit nothing."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
CONFIG = json.loads((ROOT / "release-please-config.json").read_text("utf-8"))
MANIFEST = json.loads((ROOT / ".github" / "release-please-manifest.json").read_text("utf-8"))
PACKAGES: dict[str, dict[str, Any]] = CONFIG["packages"]
FRAMEWORK = "packages/marty-microservices-framework"

# Of the entry of a package: its schema allows any key. These are ReleaserConfigOptions, as far as they are of use here.
KNOWN_KEYS = {
    "changelog-path",
    "component",
    "exclude-paths",
    "extra-files",
    "include-component-in-tag",
    "release-as",
    "release-type",
    "versioning",
}


def folder(path: str) -> str:
    """Give the folder of an entry's project: the root stands for the framework."""
    return FRAMEWORK if path == "." else path


def project(path: str) -> dict[str, Any]:
    """Give the pyproject.toml of an entry."""
    return tomllib.loads((ROOT / folder(path) / "pyproject.toml").read_text("utf-8"))


def at(document: dict[str, Any], jsonpath: str) -> Any:
    """Give what a path of the two forms in use leads to; fails where there is nothing."""
    assert re.fullmatch(r"\$(\.[\w-]+)+(\['[\w-]+'\])?", jsonpath)
    value = document
    for key in re.findall(r"[\w-]+", jsonpath):
        value = value[key]
    return value


def test_every_project_is_released() -> None:
    """Each folder of packages/ has an entry, the framework as the root, and nothing else has one."""
    projects = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("packages/*/pyproject.toml"))
    assert sorted(map(folder, PACKAGES)) == projects


def test_the_manifest_has_the_versions_of_the_projects() -> None:
    """The manifest is what release-please counts on from; it says what each pyproject.toml says."""
    assert MANIFEST == {path: project(path)["project"]["version"] for path in PACKAGES}


@pytest.mark.parametrize("path", PACKAGES)
def test_keys_are_known(path: str) -> None:
    """An entry has no misspelt key, which would be ignored."""
    assert PACKAGES[path].keys() - KNOWN_KEYS == set()


@pytest.mark.parametrize("path", PACKAGES)
def test_component_is_the_distribution(path: str) -> None:
    """Tags are named by the distribution."""
    assert PACKAGES[path]["component"] == project(path)["project"]["name"]


@pytest.mark.parametrize("path", PACKAGES)
def test_every_place_of_the_version_is_there(path: str) -> None:
    """Each extra file exists, and holds this entry's version where a release will write the next one."""
    for extra in PACKAGES[path]["extra-files"]:
        base = ROOT if extra["path"].startswith("/") else ROOT / path
        document = tomllib.loads((base / extra["path"].lstrip("/")).read_text("utf-8"))
        assert at(document, extra["jsonpath"]) == MANIFEST[path]


def test_every_pin_is_rewritten_by_its_component() -> None:
    """Each pin of the framework has an entry that writes it, so none is left behind."""
    written = {
        extra["jsonpath"].partition("['")[2].rstrip("']")
        for entry in PACKAGES.values()
        for extra in entry["extra-files"]
        if "dependencies" in extra["jsonpath"]
    }
    pins = project(".")["tool"]["poetry"]["dependencies"]
    assert written == {name for name in pins if name.startswith("marty-")}


def test_paths_exist() -> None:
    """What is left out of the framework's news, and its changelog, are there."""
    root = PACKAGES["."]
    assert [path for path in [*root["exclude-paths"], root["changelog-path"]] if not (ROOT / path).exists()] == []
