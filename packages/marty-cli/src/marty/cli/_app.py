"""The command and its subcommands; what each does is in a file of its own."""

from typing import Optional

import typer

from marty import cli
from marty.cli._new import new
from marty.cli._proto import proto
from marty.cli._runservice import runservice

app = typer.Typer(
    name="marty",
    help="Make and run microservices.",
    add_completion=True,
    pretty_exceptions_enable=False,  # it prints local variables, and with them secrets
    rich_markup_mode=None,  # plain text costs a third of the time and reads the same in a pipe
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command(short_help="Write a new service.")(new)
app.command(short_help="Run a service.")(runservice)
app.command(short_help="Generate a service's gRPC stubs.")(proto)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"marty {cli.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Optional[bool] = typer.Option(  # noqa: ARG001 - its callback does the work
        None, "--version", help="Print the version and leave.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Make and run microservices."""
    if context.invoked_subcommand is None:  # not no_args_is_help: its exit code differs between versions of click
        typer.echo(context.get_help())
