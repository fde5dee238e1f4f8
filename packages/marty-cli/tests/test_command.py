"""The command itself: what it costs, what its help says, and that options become settings and nothing more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Callable

import pytest

from marty import cli

if TYPE_CHECKING:
    from pathlib import Path

Marty = Callable[..., "subprocess.CompletedProcess[str]"]
Plan = Callable[..., dict[str, tuple[str, str]]]

COMMANDS = ["new", "runservice", "proto"]


@pytest.fixture
def python(environ: dict[str, str], folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the interpreter of the command with these arguments."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    return run


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_costs_no_server(python: Marty, option: str) -> None:
    """Help and version load none of the servers, and none of the packages that need time to load."""
    heavy = ["fastapi", "grpc", "uvicorn", "pydantic", "yaml", "loguru", "prometheus_client", "copier"]
    code = f"""\
import json
import sys

from marty.cli import main

sys.argv = ["marty", "{option}"]
try:
    main()
except SystemExit as end:
    loaded = [name for name in sys.modules if name in {heavy} or name.startswith("marty")]
    print(json.dumps([end.code or 0, sorted(loaded)]))
"""

    done = python("-c", code)

    assert "" == done.stderr
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert (0, {"marty", "marty.cli"}) == (code, {".".join(name.split(".")[:2]) for name in loaded})


def test_help(marty: Marty) -> None:
    """--help says what the command is for and lists its commands, each with a line of its own."""
    done = marty("--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("Usage: marty [OPTIONS] COMMAND [ARGS]...\n\n  Make and run microservices.\n")
    listed = re.findall(r"^  (\w+) +\w.*$", done.stdout.partition("Commands:\n")[2], re.MULTILINE)
    assert COMMANDS == listed


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(marty: Marty, command: str) -> None:
    """Each command has help."""
    done = marty(command, "--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith(f"Usage: marty {command} [OPTIONS]")


def test_short_help(marty: Marty) -> None:
    """-h is --help."""
    assert marty("-h").stdout == marty("--help").stdout


def test_help_of_runservice_names_keys(marty: Marty) -> None:
    """The help of an option that is a setting names its key."""
    done = marty("runservice", "--help")

    for option, text in [
        ("--host", "http.host"),
        ("--port", "http.port"),
        ("--grpc-port", "grpc.port"),
        ("--management-port", "management.port"),
        ("--log-level", "logging.level"),
        ("--no-access-log", "logging.access"),
        ("--no-metrics", "metrics.enabled"),
    ]:
        assert re.search(rf"{option}( \S+)? +{re.escape(text)}\n", done.stdout), option


def test_version(marty: Marty) -> None:
    """--version is the version of the distribution, which the package has as an attribute."""
    done = marty("--version")

    version = metadata.version("marty-cli")
    assert (0, f"marty {version}\n", "") == (done.returncode, done.stdout, done.stderr)
    assert version == cli.__version__


def test_unknown_command(marty: Marty) -> None:
    """A command that there is not ends with 2, and a near one is named."""
    done = marty("runservic")

    assert (2, "") == (done.returncode, done.stdout)
    assert "Try 'marty -h' for help." in done.stderr
    assert re.search(r"No such command 'runservic'\. .*Did you mean '?runservice'?\?", done.stderr)


def test_unknown_option(marty: Marty) -> None:
    """An option that there is not ends with 2, and near ones are named."""
    done = marty("runservice", "--prt", "8001")

    assert (2, "") == (done.returncode, done.stdout)
    assert "Try 'marty runservice -h' for help." in done.stderr
    assert re.search(r"No such option: --prt .*--port", done.stderr)


def test_as_a_module(python: Marty) -> None:
    """``python -m marty.cli`` is the same command under the same name."""
    done = python("-m", "marty.cli", "--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("Usage: marty [OPTIONS]")


def test_door_is_sorted() -> None:
    """``__all__`` is sorted and each of its names is there."""
    assert sorted(cli.__all__) == cli.__all__
    assert [] == [name for name in cli.__all__ if not hasattr(cli, name)]


def test_no_other_attribute() -> None:
    """A name that the package does not have is an AttributeError like any other."""
    with pytest.raises(AttributeError, match=r"^module 'marty\.cli' has no attribute 'nothing'$"):
        cli.nothing  # noqa: B018


def test_each_option_is_a_setting(light: Path, plan: Plan) -> None:
    """Each option lands in its setting, with itself as the origin; no other setting changes."""
    printed = plan(
        *("--host", "localhost", "--port", "0", "--grpc-port", "0", "--management-port", "0"),
        *("--workers", "2", "--reload", "--log-level", "error", "--no-access-log", "--no-metrics"),
        *("--set", "shutdown.grace=3s", "--set", "logging.levels.sqlalchemy.engine=warning"),
    )

    assert {
        "http.host": ('"localhost"', "--host"),
        "http.port": ("0", "--port"),
        "grpc.port": ("0", "--grpc-port"),
        "management.port": ("0", "--management-port"),
        "workers": ("2", "--workers"),
        "reload": ("true", "--reload"),
        "logging.level": ('"error"', "--log-level"),
        "logging.access": ("false", "--no-access-log"),
        "metrics.enabled": ("false", "--no-metrics"),
        "shutdown.grace": ("3.0", "--set"),
        "logging.levels.sqlalchemy.engine": ('"warning"', "--set"),
    } == {key: entry for key, entry in printed.items() if entry[1] != "default"}


def test_other_half_of_each_switch(light: Path, plan: Plan) -> None:
    """A switch says both yes and no, above a file that says the opposite; short options are the long ones."""
    (light / "config.yaml").write_text("reload: true\nlogging: {access: false}\nmetrics: {enabled: false}\n")

    printed = plan(
        *("--no-reload", "--access-log", "--metrics", "-p", "0", "-w", "3"),
        *("--grpc-port", "0", "--management-port", "0", "--debug"),
    )

    assert {
        "reload": ("false", "--no-reload"),
        "logging.access": ("true", "--access-log"),
        "metrics.enabled": ("true", "--metrics"),
        "http.port": ("0", "--port"),
        "workers": ("3", "--workers"),
        "grpc.port": ("0", "--grpc-port"),
        "management.port": ("0", "--management-port"),
        "logging.level": ('"debug"', "--debug"),
    } == {key: entry for key, entry in printed.items() if entry[1] != "default"}


@pytest.mark.parametrize("command", [["new", "pets"], ["proto"]])
def test_without_the_templates(python: Marty, folder: Path, command: list[str]) -> None:
    """Where marty-templates is not installed, what needs it says so and how to install it."""
    code = f"""\
import sys

from marty.cli import main

sys.modules["marty.templates"] = None
sys.argv = ["marty", *{command}]
main()
"""

    done = python("-c", code)

    wanted = "error: the templates are not installed\n\n  install them with: pip install marty-templates\n"
    assert (2, "", wanted) == (done.returncode, done.stdout, done.stderr)
