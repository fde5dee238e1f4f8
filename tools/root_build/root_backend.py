"""The build backend of the repository's root: `pip install git+URL` gives the framework whole, from one
commit.

It builds packages/marty-microservices-framework with poetry-core and changes one thing: where that requires
the four components in exact versions, this requires them from where the root itself comes from. An editable
install requires the projects in tools/editable, so that every component is a distribution of its own and its
files are live.

What is published is built in packages/ without this.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _whence
from poetry.core.masonry import api

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FRAMEWORK = ROOT / "packages" / "marty-microservices-framework"

Config = dict[str, Any]  # PEP 517's config_settings


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Config | None = None) -> str:
    """Write the metadata with components from where this commit lasts (PEP 517)."""
    return prepare(metadata_directory, config_settings, _whence.siblings(ROOT))


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Config | None = None) -> str:
    """Write the metadata with components from this folder (PEP 660)."""
    return prepare(metadata_directory, config_settings, f"{(ROOT / 'tools' / 'editable').as_uri()}/{{name}}")


def build_wheel(
    wheel_directory: str, config_settings: Config | None = None, metadata_directory: str | None = None
) -> str:
    """Build `marty.framework` with that metadata (PEP 517)."""
    with tempfile.TemporaryDirectory() as scratch:
        metadata = metadata_directory or str(Path(scratch, prepare_metadata_for_build_wheel(scratch, config_settings)))
        with inside(FRAMEWORK):
            return api.build_wheel(wheel_directory, config_settings, metadata)


def build_editable(
    wheel_directory: str, config_settings: Config | None = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel that points into packages/ with that metadata (PEP 660)."""
    with tempfile.TemporaryDirectory() as scratch:
        metadata = metadata_directory or str(
            Path(scratch, prepare_metadata_for_build_editable(scratch, config_settings))
        )
        with inside(FRAMEWORK):
            return api.build_editable(wheel_directory, config_settings, metadata)


def build_sdist(sdist_directory: str, config_settings: Config | None = None) -> str:  # noqa: ARG001
    """Refuse: an archive of the root would lose the commit it is from."""
    raise SystemExit("The root of the repository has no sdist: build one in the folder of a package, packages/NAME.")


def prepare(directory: str, config_settings: Config | None, url: str | None) -> str:
    """Write poetry-core's metadata, and in it require each component by `url`, if there is one."""
    with inside(FRAMEWORK):
        name = api.prepare_metadata_for_build_wheel(directory, config_settings)
    if url:
        metadata = Path(directory, name, "METADATA")
        metadata.write_text(rewritten(metadata.read_text("utf-8"), url), "utf-8")
    return name


def rewritten(metadata: str, url: str) -> str:
    """Give the metadata with each component's exact version replaced by its URL."""

    def requirement(match: re.Match[str]) -> str:
        name = match["name"]
        return f"Requires-Dist: {name} @ {url.format(name=name)}" if (ROOT / "packages" / name).is_dir() else match[0]

    return re.sub(r"(?m)^Requires-Dist: (?P<name>[\w.-]+) \(==[^)]*\)$", requirement, metadata)


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in the folder: poetry-core builds the project of the current one."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
