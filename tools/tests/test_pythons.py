"""Which Pythons are tested is written in several places, each in a language of its own."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = sorted(ROOT.glob("packages/*/pyproject.toml"))
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.parent.name)
def test_classifiers(project: Path) -> None:
    """Every package says the Pythons that it is tested on."""
    text = project.read_text("utf-8")
    assert re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text) == PYTHONS
    assert 'requires-python = ">=3.9"' in text


def test_tox() -> None:
    """Every package's tests run on each of them."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    numbers = ",".join(version.replace(".", "") for version in PYTHONS)
    assert f"py{{{numbers}}}-{{config,runtime,templates,cli,framework}}" in parser["tox"]["env_list"]


def test_workflow() -> None:
    """The workflow sets each of them up, as text: a bare 3.10 would be the number 3.1."""
    (setup,) = (step for step in WORKFLOW["jobs"]["test"]["steps"] if "setup-python" in step.get("uses", ""))
    assert setup["with"]["python-version"].split() == PYTHONS


def test_ci_script() -> None:
    """.ci/run looks for each of them."""
    (line,) = re.findall(r"(?m)^pythons=\((.*)\)$", (ROOT / ".ci" / "run").read_text("utf-8"))
    assert sorted(line.split()) == sorted(PYTHONS)
