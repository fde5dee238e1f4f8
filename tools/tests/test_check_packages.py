from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import check_packages
import pytest
import wheelhouse

if TYPE_CHECKING:
    from pathlib import Path

FRAMEWORK = check_packages.FRAMEWORK
LICENSE = (wheelhouse.ROOT / "LICENSE").read_bytes()
SOUND = {
    FRAMEWORK: ("fastapi (>=0.115)", "marty-config (==1.0.0)", "marty-runtime (==1.0.0)"),
    "marty-config": ("pydantic (>=2.7)",),
    "marty-runtime": ("marty-config (>=1.0,<2)", 'fastapi (>=0.115) ; extra == "fastapi"'),
}


def package(tmp_path: Path, name: str = "marty-config", requires: tuple[str, ...] = ()) -> check_packages.Package:
    """Give a package without a fault, whose source is in `tmp_path`."""
    project = tmp_path / name
    part = "framework" if name == FRAMEWORK else name.partition("-")[2]
    module = project / "src" / "marty" / part
    module.mkdir(parents=True)
    files = [f"marty/{part}/__init__.py", f"marty/{part}/py.typed"]
    for file in files:
        (project / "src" / file).touch()
    (project / "LICENSE").write_bytes(LICENSE)
    (project / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n\n- First.\n", encoding="utf-8")
    sdist = {"LICENSE", "README.md", "pyproject.toml", *(f"src/{file}" for file in files)}
    wheel = {*files, f"{name.replace('-', '_')}-1.0.0.dist-info/METADATA"}
    return check_packages.Package(project, frozenset(wheel), frozenset(sdist), name, "1.0.0", requires)


def agreement(tmp_path: Path, **changed: tuple[str, ...]) -> list[str]:
    """Give the faults among sound packages of which some require something else."""
    requires = {**SOUND, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return list(check_packages.agreement({name: package(tmp_path, name, value) for name, value in requires.items()}))


def replaced(found: check_packages.Package, **fields: object) -> check_packages.Package:
    """Give a package with some fields changed."""
    return check_packages.Package(**{**found.__dict__, **fields})


def test_a_sound_package_has_no_faults(tmp_path: Path) -> None:
    """Nothing is said of what may be published."""
    found = package(tmp_path)
    assert [*check_packages.contents(found), *check_packages.documents(found)] == []


@pytest.mark.parametrize("name", ["marty/__init__.py", "marty/runtime/__init__.py", "tests/test_config.py"])
def test_a_wheel_keeps_to_its_part(tmp_path: Path, name: str) -> None:
    """A file outside of the package's own part of the namespace is a fault: `marty/__init__.py` hides all others."""
    found = package(tmp_path)
    found = replaced(found, wheel=found.wheel | {name})
    sentence = f"marty-config: the wheel has {name!r}, which is neither in marty/config/ nor metadata"
    assert list(check_packages.contents(found)) == [sentence]


def test_a_wheel_needs_its_marker_of_types(tmp_path: Path) -> None:
    """Without py.typed, type checkers ignore all annotations."""
    found = package(tmp_path)
    (found.project / "src/marty/config/py.typed").unlink()
    found = replaced(found, wheel=found.wheel - {"marty/config/py.typed"})
    assert list(check_packages.contents(found)) == ["marty-config: the wheel lacks 'marty/config/py.typed'"]


def test_a_source_must_be_in_wheel_and_sdist(tmp_path: Path) -> None:
    """A file that the builder left out, for example by a .gitignore, is a fault."""
    found = package(tmp_path)
    (found.project / "src/marty/config/build").mkdir()
    (found.project / "src/marty/config/build/data").touch()
    assert list(check_packages.contents(found)) == [
        "marty-config: the wheel lacks 'marty/config/build/data'",
        "marty-config: the sdist lacks 'src/marty/config/build/data'",
    ]


def test_a_licence_must_be_the_same_everywhere(tmp_path: Path) -> None:
    """A package cannot ship the repository's LICENSE, so its copy must equal that."""
    found = package(tmp_path)
    (found.project / "LICENSE").write_text("another", encoding="utf-8")
    assert list(check_packages.documents(found)) == ["marty-config: LICENSE differs from the repository's"]


@pytest.mark.parametrize("heading", ["## 1.0.0", "## [1.0.0](https://git.example/compare/a...b) (2026-01-01)"])
def test_the_version_is_in_the_changelog(tmp_path: Path, heading: str) -> None:
    """Written by hand or by a release, a heading with the version is found."""
    found = package(tmp_path)
    (found.project / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n", encoding="utf-8")
    assert list(check_packages.documents(found)) == []


@pytest.mark.parametrize("text", ["# Changelog\n", "## 1.0.01\n", "## 0.9.0\n\nSoon 1.0.0\n"])
def test_a_version_without_news_is_a_fault(tmp_path: Path, text: str) -> None:
    """Another version's heading, or the number in a line of text, does not count."""
    found = package(tmp_path)
    (found.project / "CHANGELOG.md").write_text(text, encoding="utf-8")
    assert list(check_packages.documents(found)) == ["marty-config: CHANGELOG.md has no heading for 1.0.0"]


def test_sound_packages_agree(tmp_path: Path) -> None:
    """Exact pins in the framework and ranges elsewhere, all admitting what is there, are no fault."""
    assert agreement(tmp_path) == []


def test_a_pin_must_be_the_present_version(tmp_path: Path) -> None:
    """A framework that pins another version than the one beside it is a fault."""
    pins = ("fastapi (>=0.115)", "marty-config (==0.9.0)", "marty-runtime (==1.0.0)")
    sentence = f"{FRAMEWORK}: requires marty-config==0.9.0, which does not admit 1.0.0"
    assert agreement(tmp_path, **{FRAMEWORK: pins}) == [sentence]


def test_the_framework_must_pin(tmp_path: Path) -> None:
    """A range in the framework would not be the set that was tested."""
    pins = ("fastapi (>=0.115)", "marty-config (>=1.0)", "marty-runtime (==1.0.0)")
    sentence = f"{FRAMEWORK}: requires marty-config>=1.0; the framework pins, all others give a range"
    assert agreement(tmp_path, **{FRAMEWORK: pins}) == [sentence]


def test_a_component_must_not_pin(tmp_path: Path) -> None:
    """Two components with exact pins could hardly ever be installed together."""
    requires = ("marty-config (==1.0.0)", 'fastapi (>=0.115) ; extra == "fastapi"')
    sentence = "marty-runtime: requires marty-config==1.0.0; the framework pins, all others give a range"
    assert agreement(tmp_path, marty_runtime=requires) == [sentence]


def test_a_range_must_admit_the_present_version(tmp_path: Path) -> None:
    """A sibling that has moved on out of the range is a fault."""
    requires = ("marty-config (>=0.9,<1)", 'fastapi (>=0.115) ; extra == "fastapi"')
    sentence = "marty-runtime: requires marty-config<1,>=0.9, which does not admit 1.0.0"
    assert agreement(tmp_path, marty_runtime=requires) == [sentence]


def test_a_url_must_not_be_published(tmp_path: Path) -> None:
    """A requirement of a file or a repository is dead where others install it, and no index takes it."""
    requires = ("pydantic @ file:///tmp/pydantic",)
    assert agreement(tmp_path, marty_config=requires) == ["marty-config: requires pydantic from a URL"]


def test_the_framework_names_fastapi_as_the_runtime_does(tmp_path: Path) -> None:
    """The framework stands in for the runtime's extra, so both must give the same range."""
    requires = ("marty-config (>=1.0,<2)", 'fastapi (>=0.120) ; extra == "fastapi"')
    sentence = f"{FRAMEWORK}: lacks fastapi>=0.120, which marty-runtime[fastapi] requires"
    assert agreement(tmp_path, marty_runtime=requires) == [sentence]


def test_a_package_is_read_from_its_files(tmp_path: Path) -> None:
    """Name, version and requirements come from the wheel's metadata, the sdist's names lose their folder."""
    with zipfile.ZipFile(tmp_path / "marty_config-1.0.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            "marty_config-1.0.0.dist-info/METADATA", "Name: marty-config\nVersion: 1.0.0\nRequires-Dist: a\n"
        )
    with tarfile.open(tmp_path / "marty_config-1.0.0.tar.gz", "w:gz") as sdist:
        sdist.addfile(tarfile.TarInfo("marty_config-1.0.0/README.md"), io.BytesIO())
    found = check_packages.read(tmp_path / "packages" / "marty-config", tmp_path)
    metadata = frozenset({"marty_config-1.0.0.dist-info/METADATA"})
    expected = check_packages.Package(
        tmp_path / "packages" / "marty-config", metadata, frozenset({"README.md"}), "marty-config", "1.0.0", ("a",)
    )
    assert found == expected
