"""``marty proto``: the stubs of a service's own protos."""

from pathlib import Path

import typer

from marty.cli._failures import template_failures


def proto() -> None:
    """Generate the gRPC stubs of this service from its proto folder into src."""
    with template_failures("no stubs were generated"):
        from marty.templates import generate_stubs  # noqa: PLC0415 - heavy

        written = generate_stubs(Path.cwd())
    for path in written:
        typer.echo(path)
