from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
import wheelhouse

PYPROJECT = """
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
[project]
name = "marty-{part}"
version = "1.0.0"
requires-python = ">=3.9"
[tool.poetry]
packages = [{{ include = "marty/{part}", from = "src" }}]
"""


def add_project(root: Path, part: str) -> Path:
    """Make a package with one module."""
    project = root / "packages" / f"marty-{part}"
    module = project / "src" / "marty" / part / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("ANSWER = 42\n", encoding="utf-8")
    (project / "pyproject.toml").write_text(PYPROJECT.format(part=part), encoding="utf-8")
    return project


def test_a_change_in_a_source_is_another_state(tmp_path: Path) -> None:
    """The state's name changes with any byte that goes into a wheel."""
    project = add_project(tmp_path, "one")
    before = wheelhouse.state(tmp_path)
    (project / "src/marty/one/data.txt").write_text("new", encoding="utf-8")
    assert wheelhouse.state(tmp_path) != before


def test_tests_and_bytecode_are_no_part_of_a_state(tmp_path: Path) -> None:
    """Work on tests, and running anything, builds no new wheels."""
    project = add_project(tmp_path, "one")
    before = wheelhouse.state(tmp_path)
    for name in ["tests/test_one.py", "src/marty/one/__pycache__/one.pyc"]:
        (project / name).parent.mkdir()
        (project / name).write_text("new", encoding="utf-8")
    assert wheelhouse.state(tmp_path) == before


def test_a_folder_without_metadata_is_no_project(tmp_path: Path) -> None:
    """None, one and many projects are found by their pyproject.toml, in order."""
    (tmp_path / "packages" / "notes").mkdir(parents=True)
    assert wheelhouse.projects(tmp_path) == []
    two, one = add_project(tmp_path, "two"), add_project(tmp_path, "one")
    assert wheelhouse.projects(tmp_path) == [one, two]


def test_a_build_is_whole_and_made_once(tmp_path: Path) -> None:
    """The folder holds wheel, sdist and a constraint for each project, and a second call leaves it alone."""
    add_project(tmp_path, "one")
    folder = wheelhouse.build(tmp_path / "out", tmp_path)
    wheel = folder / "marty_one-1.0.0-py3-none-any.whl"
    assert sorted(path.name for path in folder.iterdir()) == [
        "constraints.txt",
        "marty_one-1.0.0-py3-none-any.whl",
        "marty_one-1.0.0.tar.gz",
    ]
    assert (folder / "constraints.txt").read_text("utf-8") == f"marty-one @ {wheel.as_uri()}\n"
    before = wheel.stat()
    assert wheelhouse.build(tmp_path / "out", tmp_path) == folder
    assert wheel.stat() == before


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    """After an error there is no folder that a later call would take for whole."""
    project = add_project(tmp_path, "one")
    (project / "src/marty/one/__init__.py").unlink()
    (project / "src/marty/one").rmdir()
    with pytest.raises(subprocess.CalledProcessError):
        wheelhouse.build(tmp_path / "out", tmp_path)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["lock"]


def test_only_old_states_are_forgotten(tmp_path: Path) -> None:
    """A state of today may be in use by an environment that runs at the same time."""
    for name, age_seconds in {"present": 0, "today": 60, "old": 2 * wheelhouse.DAY_SECONDS}.items():
        (tmp_path / name).mkdir()
        moment = time.time() - age_seconds
        os.utime(tmp_path / name, (moment, moment))
    wheelhouse.forget_old(tmp_path, keep=tmp_path / "present")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["present", "today"]


@pytest.mark.parametrize(
    ("recorded", "is_changed"),
    [
        ({"archive_info": {"hashes": {"sha256": hashlib.sha256(b"wheel").hexdigest()}}}, False),
        ({"archive_info": {"hashes": {"sha256": hashlib.sha256(b"other").hexdigest()}}}, True),
        ({"dir_info": {"editable": True}}, True),
        (None, True),
    ],
)
def test_other_bytes_are_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: object, is_changed: bool
) -> None:
    """What was installed from elsewhere, or from another wheel, is to be replaced, whatever its version."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    wheel = tmp_path / "marty_nowhere-1.0.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    metadata = tmp_path / "marty_nowhere-1.0.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: marty-nowhere\nVersion: 1.0.0\n", encoding="utf-8")
    if recorded is not None:
        (metadata / "direct_url.json").write_text(json.dumps(recorded), encoding="utf-8")
    assert wheelhouse.is_changed(wheel) is is_changed


def test_what_is_not_installed_is_no_change(tmp_path: Path) -> None:
    """A distribution that is not there need not be removed."""
    assert wheelhouse.is_changed(tmp_path / "marty_nowhere-1.0.0-py3-none-any.whl") is False


def test_an_install_takes_the_present_wheel(tmp_path: Path) -> None:
    """A changed wheel of the same version replaces the installed one."""
    project = add_project(tmp_path, "one")
    venv.create(tmp_path / "environment", with_pip=True)
    environment = {**os.environ, "PYTHONPATH": str(Path(wheelhouse.__file__).parent)}

    def python(code: str, *arguments: str) -> str:
        command = [str(tmp_path / "environment/bin/python"), "-c", code, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    for answer in (1, 2):
        (project / "src/marty/one/__init__.py").write_text(f"ANSWER = {answer}\n", encoding="utf-8")
        folder = wheelhouse.build(tmp_path / "out", tmp_path)
        python("import pathlib, sys, wheelhouse as w; w.install(pathlib.Path(sys.argv[1]), ['marty-one'])", str(folder))
        assert python("import marty.one; print(marty.one.ANSWER)") == f"{answer}\n"


def test_a_build_has_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Two builds of one state differ in no byte, so a published file can be made again and compared."""
    add_project(tmp_path, "one")
    folders = [wheelhouse.build(tmp_path / out, tmp_path) for out in ("first", "second")]
    contents = [{path.name: path.read_bytes() for path in folder.glob("marty*")} for folder in folders]
    assert contents[0] == contents[1]


def test_ours_are_installed_by_their_place(tmp_path: Path) -> None:
    """A requirement of ours names its wheel and keeps its extras; another is left to the index."""
    wheel = tmp_path / "marty_one-1.0.0-py3-none-any.whl"
    wheel.touch()
    assert wheelhouse.arguments(tmp_path, ["marty-one[extra]", "httpx>=0.27"]) == [
        "--constraint",
        str(tmp_path / "constraints.txt"),
        f"marty-one[extra] @ {wheel.as_uri()}",
        "httpx>=0.27",
    ]
