"""The door of the package."""

from __future__ import annotations

from importlib import metadata
from typing import Callable

import pytest

import marty.templates


def test_door_is_sorted() -> None:
    """`__all__` is sorted and each of its names is there."""
    assert sorted(marty.templates.__all__) == marty.templates.__all__
    assert [] == [name for name in marty.templates.__all__ if not hasattr(marty.templates, name)]


def test_import_is_light(python: Callable[..., str]) -> None:
    """An import loads neither copier nor grpc nor what they bring."""
    heavy = "copier", "grpc", "grpc_tools", "jinja2", "pydantic", "plumbum", "importlib.metadata"

    printed = python(f"import sys, marty.templates; print([name for name in {heavy} if name in sys.modules])")

    assert "[]" == printed


def test_version() -> None:
    """`__version__` is the version of the distribution."""
    assert metadata.version("marty-templates") == marty.templates.__version__


def test_no_other_attribute() -> None:
    """A name that the package does not have is an AttributeError like any other."""
    with pytest.raises(AttributeError, match=r"^module 'marty\.templates' has no attribute 'nothing'$"):
        marty.templates.nothing  # noqa: B018
