"""``marty runservice``: options that were really given become overrides; the rest is marty.runtime's."""

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Optional

import typer

from marty.cli._failures import fail, service_failures

if TYPE_CHECKING:
    from marty.config import ServiceSettings


def runservice(  # noqa: PLR0913, PLR0917 - one parameter per option, and this is the one place that lists them
    service: Optional[str] = typer.Argument(None, help="Folder of the service.  [default: this one]"),
    config: Optional[Path] = typer.Option(None, "--config", "-c", help="File in place of config.yaml."),
    environment: Optional[str] = typer.Option(
        None,
        "--environment",
        "-e",
        help="Which config/ENVIRONMENT.yaml to lay over it.  [env: MARTY_ENVIRONMENT]",
    ),
    host: Optional[str] = typer.Option(None, "--host", help="http.host"),
    port: Optional[str] = typer.Option(None, "--port", "-p", help="http.port"),
    grpc_port: Optional[str] = typer.Option(None, "--grpc-port", help="grpc.port"),
    management_port: Optional[str] = typer.Option(None, "--management-port", help="management.port"),
    workers: Optional[str] = typer.Option(None, "--workers", "-w", help="workers: processes that serve"),
    reload: Optional[bool] = typer.Option(None, "--reload/--no-reload", help="reload: restart when a file changes"),
    log_level: Optional[str] = typer.Option(None, "--log-level", help="logging.level"),
    access_log: Optional[bool] = typer.Option(None, "--access-log/--no-access-log", help="logging.access"),
    metrics: Optional[bool] = typer.Option(None, "--metrics/--no-metrics", help="metrics.enabled"),
    settings: Optional[list[str]] = typer.Option(None, "--set", metavar="KEY=VALUE", help="Any setting; repeatable."),
    debug: bool = typer.Option(False, "--debug", help="Log at level debug, and show tracebacks of every failure."),
    dry_run: bool = typer.Option(
        False,
        "--dry-run",
        help="Import the service, check its ports, print every setting with its origin, and leave.",
    ),
) -> None:
    """Run a service: HTTP and gRPC, health, metrics and logs, until SIGTERM or Ctrl-C."""
    given = (
        ("--host", "http.host", host),
        ("--port", "http.port", port),
        ("--grpc-port", "grpc.port", grpc_port),
        ("--management-port", "management.port", management_port),
        ("--workers", "workers", workers),
        ("--reload" if reload else "--no-reload", "reload", reload),
        ("--debug", "logging.level", "debug" if debug else None),
        ("--log-level", "logging.level", log_level),
        ("--access-log" if access_log else "--no-access-log", "logging.access", access_log),
        ("--metrics" if metrics else "--no-metrics", "metrics.enabled", metrics),
        *(("--set", *_split(assignment)) for assignment in settings or ()),
    )
    run_in(
        _folder(service),
        config=config,
        environment=environment,
        options=[option for option in given if option[2] is not None],
        debug=debug,
        dry_run=dry_run,
    )


def run_in(  # noqa: PLR0913 - the same few facts for marty new and marty runservice
    folder: Path,
    *,
    config: Optional[Path] = None,
    environment: Optional[str] = None,
    options: Sequence[tuple[str, str, object]] = (),
    debug: bool = False,
    dry_run: bool = False,
) -> NoReturn:
    """Run the service in ``folder`` with ``options``, each a flag, a key and a value, and leave."""
    with service_failures(debug=debug):
        from marty.config import Override, load  # noqa: PLC0415 - heavy
        from marty.runtime import check, leave, run  # noqa: PLC0415 - heavy

        loaded = load(
            directory=folder,
            environment=environment,
            config=config,
            overrides=[Override(key, value, flag) for flag, key, value in options],
        )
        if not dry_run:
            leave(run(loaded, debug=debug))
        plan = check(loaded)
        typer.echo(f"# service {plan.name} would serve {' and '.join(plan.serves)}; nothing was started")
        for line in plan.found:
            typer.echo(f"# found by looking; in config.yaml this would pin it: {line}")
        _print_settings(loaded)
    raise typer.Exit


def _print_settings(loaded: "ServiceSettings") -> None:
    """Each setting as a line of YAML, with where it came from behind it; a secret as asterisks."""
    from marty.config import flatten, origins  # noqa: PLC0415 - heavy

    where = origins(loaded)
    lines = {key: f"{key}: {json.dumps(value, default=str)}" for key, value in flatten(loaded).items()}
    width = max(map(len, lines.values()))
    for key, line in lines.items():
        typer.echo(f"{line:{width}}  # {where[key]}")


def _split(assignment: str) -> tuple[str, str]:
    key, equals, value = assignment.partition("=")
    if not equals or not key:
        fail(
            "the command line is wrong",
            f"--set {assignment}: not KEY=VALUE, as in --set http.port=8001",
        )
    return key, value


def _folder(service: Optional[str]) -> Path:
    here = Path()
    if service is None:
        return here
    if not (here / service).is_dir():
        near = difflib.get_close_matches(service, [path.name for path in here.iterdir() if path.is_dir()], 1)
        hint = f"; did you mean {near[0]}" if near else "; name a folder that holds a service"
        fail("the command line is wrong", f"{service}: no such folder below {here.resolve()}{hint}")
    return here / service
