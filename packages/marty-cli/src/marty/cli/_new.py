"""``marty new``: write a service, and run it if asked."""

from pathlib import Path
from typing import Optional

import typer

from marty.cli._failures import template_failures
from marty.cli._runservice import run_in


def new(
    name: str = typer.Argument(help="Name of the service, such as pets or pet-store."),
    template: str = typer.Option("hybrid", "--template", "-t", help="fastapi, grpc or hybrid (both)."),
    into: Optional[Path] = typer.Option(None, "--into", help="Folder to write it into.  [default: ./NAME]"),
    run: bool = typer.Option(False, "--run", help="Run it at once, until Ctrl-C."),
) -> None:
    """Write a service that installs, tests and runs first time."""
    with template_failures("the service was not written"):
        from marty.templates import render  # noqa: PLC0415 - heavy

        project = render(template, name, Path(name) if into is None else into)
    typer.echo(f"wrote {len(project.files)} files of service {project.name} into {project.path}")
    again = " again" if run else ""
    typer.echo(f"run it{again} with: cd {project.path} && marty runservice")
    if run:
        run_in(project.path)
