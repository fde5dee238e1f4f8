from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import marty.framework


def test_exports_are_sorted_and_there() -> None:
    """`__all__` is sorted, and every name in it can be had."""
    names = marty.framework.__all__
    assert names == sorted(names)
    assert [name for name in names if not hasattr(marty.framework, name)] == []


def test_version_is_that_of_the_distribution() -> None:
    """`__version__` is what the installed metadata says."""
    assert marty.framework.__version__ == importlib.metadata.version("marty-microservices-framework")


def test_unknown_attributes_are_attribute_errors() -> None:
    """A misspelt name fails as it does in any module."""
    with pytest.raises(AttributeError, match=r"module 'marty.framework' has no attribute 'versoin'"):
        marty.framework.__getattr__("versoin")


def test_the_namespace_has_no_file() -> None:
    """`marty` stays a namespace that every component adds a part to."""
    marty = sys.modules["marty"]
    assert getattr(marty, "__file__", None) is None


def test_the_package_is_typed() -> None:
    """The marker for type checkers lies in the part, not in the namespace (PEP 561)."""
    assert Path(marty.framework.__file__).with_name("py.typed").exists()


def test_import_is_light() -> None:
    """Importing it loads nothing of what is installed but itself."""
    code = (
        "import sys; before = set(sys.modules); import marty.framework; new = set(sys.modules) - before;"
        "print(*(n for n in new if 'site-packages' in str(getattr(sys.modules[n], '__spec__', ''))))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) == {"marty", "marty.framework", "marty.framework._components"}
