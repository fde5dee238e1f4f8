"""The one door of the package."""

from __future__ import annotations

import subprocess
import sys

import marty.runtime


def test_all_is_sorted_and_there() -> None:
    """``__all__`` is sorted, and each name in it can be had."""
    assert sorted(marty.runtime.__all__) == marty.runtime.__all__
    assert all(hasattr(marty.runtime, name) for name in marty.runtime.__all__)


def test_version_is_the_distributions() -> None:
    """``__version__`` comes from the installed distribution, the one place that has it."""
    from importlib.metadata import version  # noqa: PLC0415 - the other side of the comparison

    assert marty.runtime.__version__ == version("marty-runtime")


def test_a_service_without_grpc_does_not_pay_for_it() -> None:
    """Importing the package loads neither grpc nor fastapi."""
    code = "import sys, marty.runtime; print(sorted({'grpc', 'fastapi'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
