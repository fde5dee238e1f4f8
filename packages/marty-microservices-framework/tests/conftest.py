"""Distributions that are installed for one test: metadata in a folder on `sys.path`."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Callable

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that installs metadata alone; from then on only such distributions are there."""
    standard = [path for path in sys.path if "site-packages" not in path]
    monkeypatch.setattr(sys, "path", [str(tmp_path), *standard])

    def install(
        name: str, version: str, *, requires: tuple[str, ...] = (), origin: dict[str, object] | None = None
    ) -> None:
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (folder / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if origin is not None:
            (folder / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
        importlib.invalidate_caches()

    return install
