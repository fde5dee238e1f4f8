"""Errors of the marty packages as a block on standard error and an exit code."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE = 2


@contextlib.contextmanager
def template_failures(title: str) -> Iterator[None]:
    """Show an error of marty.templates under ``title`` and leave with the exit code that it carries.

    Also says what to install where the templates are not: a production image need not carry them.
    """
    try:
        from marty.templates import TemplateError  # noqa: PLC0415 - heavy, and not always installed
    except ModuleNotFoundError as error:
        if error.name not in {"marty", "marty.templates"}:
            raise
        fail("the templates are not installed", "install them with: pip install marty-templates")
    try:
        yield
    except TemplateError as error:
        fail(title, str(error), code=error.exit_code)


@contextlib.contextmanager
def service_failures(*, debug: bool) -> Iterator[None]:
    """Show an error of marty.config or marty.runtime and leave with its exit code."""
    from marty.config import ConfigError  # noqa: PLC0415 - heavy
    from marty.runtime import ServiceError, report  # noqa: PLC0415 - heavy

    try:
        yield
    except ConfigError as error:
        count = len(error.faults)
        report("one setting is wrong" if count == 1 else f"{count} settings are wrong", error, debug=debug)
        raise typer.Exit(USAGE) from None
    except ServiceError as error:
        report(error.title, error, debug=debug)
        raise typer.Exit(int(error.exit_code)) from None


def fail(title: str, sentence: str, *, code: int = USAGE) -> NoReturn:
    """Show one block on standard error and leave."""
    typer.echo("\n".join([f"error: {title}", "", *(f"  {line}" for line in sentence.splitlines())]), err=True)
    raise typer.Exit(code)
