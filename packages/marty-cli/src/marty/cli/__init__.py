"""The ``marty`` command: words in, calls into the marty packages, words out.

_app         the command and its subcommands
_new         marty new
_proto       marty proto
_runservice  marty runservice
_failures    errors of the marty packages as a block on standard error and an exit code

Each subcommand imports what it needs when it runs, so that ``marty --help`` costs no more than typer does.
"""

from __future__ import annotations

__all__ = ["main"]

__version__: str


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    from marty.cli._app import app  # noqa: PLC0415 - importing this package alone costs nothing

    app(prog_name="marty")


def __getattr__(name: str) -> str:
    """``__version__``, read from the installed distribution: importing importlib.metadata costs 50 ms."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - see above

        return version("marty-cli")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
