"""The one door."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import marty.config


def run(code: str) -> "subprocess.CompletedProcess[str]":
    """What an interpreter of its own makes of code, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )


def test_all_is_sorted_and_complete() -> None:
    """`__all__` is sorted, and names every public name of the package and no other."""
    names = [
        name
        for name, value in vars(marty.config).items()
        if not name.startswith("_") and getattr(value, "__name__", name).split(".")[-1] == name.split(".")[-1]
    ]
    public = {name for name in names if not isinstance(getattr(marty.config, name), type(marty))}

    assert sorted(marty.config.__all__) == marty.config.__all__
    assert {*public, "Duration", "LogLevel", "Size"} == set(marty.config.__all__)


def test_everything_public_is_documented() -> None:
    """Every public class and function has a docstring of its own."""
    missing = [name for name in marty.config.__all__ if not getattr(marty.config, name).__doc__]

    assert [] == missing


def test_version_is_the_distributions() -> None:
    """`__version__` is what the installed distribution says, or an error if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - as the package itself does

    try:
        expected = version("marty-config")
    except PackageNotFoundError:
        with pytest.raises(PackageNotFoundError):
            _ = marty.config.__version__
    else:
        assert expected == marty.config.__version__


def test_unknown_attribute() -> None:
    """A name that is not there is an AttributeError, in the usual words."""
    with pytest.raises(AttributeError, match=r"^module 'marty\.config' has no attribute 'nope'$"):
        marty.config.nope  # noqa: B018 - the access is the test


def test_import_is_light_and_silent() -> None:
    """Importing brings in no server and no pydantic-settings, and warns of nothing."""
    code = (
        "import sys, marty.config\n"
        "heavy = {'pydantic_settings', 'fastapi', 'uvicorn', 'grpc', 'typer', 'loguru', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = run(code)

    assert ("[]\n", "", 0) == (result.stdout, result.stderr, result.returncode)


def test_readme_example() -> None:
    """The example in the README works and prints what the README says."""
    readme = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
    code = readme.split("```python\n")[1].split("```")[0]
    printed = readme.split("It prints\n\n")[1].split("\n\n## ")[0]

    result = run(code)

    assert (textwrap.dedent(printed).strip(), "") == (result.stdout.strip(), result.stderr)
