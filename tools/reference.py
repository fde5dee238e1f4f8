"""Writes the tables of docs/reference.md from the code, or checks that they are up to date.

    python tools/reference.py           # write
    python tools/reference.py --check   # exit code 1 when writing would change the file

Needs the packages installed. What stands between the markers belongs to this tool, the rest to its author.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from marty.cli._app import app
from marty.config import ServiceSettings
from marty.runtime import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import BaseModel

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"


def settings_table() -> str:
    """Every setting: its key, its default as one would write it, and what it is."""
    rows = ["| key | default | what it is |", "|---|---|---|"]
    defaults = ServiceSettings().model_dump(mode="json", by_alias=True)
    rows += [
        f"| `{key}` | `{_written(default)}` | {text} |" for key, default, text in _leaves(ServiceSettings, defaults)
    ]
    return "\n".join(rows)


def exit_codes() -> str:
    """Every exit code with the sentence that stands below it in the source."""
    source = inspect.getsource(ExitCode)
    said = dict(re.findall(r'(\w+) = \d+\n\s+"""(.*?)"""', source, re.DOTALL))
    rows = ["| code | what happened |", "|---|---|"]
    rows += [f"| {code.value} | {' '.join(said[code.name].split())} |" for code in ExitCode]
    return "\n".join([*rows, "| 128 + n | A second signal n ended it at once. |"])


def commands() -> str:
    """Every command with its options, as they are declared; what `--help` prints differs between versions of typer."""
    blocks = []
    root: Any = get_command(app)
    for name, command in root.commands.items():
        rows = ["", "| option | what it is |", "|---|---|"] if command.params else []
        for parameter in command.params:
            words = [*parameter.opts, *parameter.secondary_opts]
            shown = parameter.name.upper() if parameter.param_type_name == "argument" else ", ".join(words)
            rows.append(f"| `{shown}` | {parameter.help} |")
        blocks.append("\n".join([f"### `marty {name}`", "", command.help.strip(), *rows]))
    return "\n\n".join(blocks)


PARTS: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "exit codes": exit_codes,
    "commands": commands,
}


def main() -> int:
    """Write the page, or compare it."""
    before = PAGE.read_text(encoding="utf-8")
    after = before
    for name, make in PARTS.items():
        marker = f"<!-- generated: {name} -->"
        before_it, found, rest = after.partition(marker)
        if not found:
            print(f"{PAGE}: the marker {marker} is missing", file=sys.stderr)
            return 1
        after = f"{before_it}{marker}\n\n{make()}\n\n{rest[rest.index('<!-- end -->') :]}"
    if "--check" not in sys.argv:
        PAGE.write_text(after, encoding="utf-8")
    elif after != before:
        print(f"{PAGE} is out of date; write it with: python tools/reference.py", file=sys.stderr)
        return 1
    return 0


def _leaves(model: type[BaseModel], defaults: dict[str, object], path: str = "") -> Iterator[tuple[str, object, str]]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        inner = field.annotation
        if isinstance(inner, type) and hasattr(inner, "model_fields"):
            nested = defaults[key]
            assert isinstance(nested, dict)  # noqa: S101 - a model dumps as a mapping
            yield from _leaves(inner, nested, f"{path}{key}.")
        else:
            yield f"{path}{key}", defaults[key], field.description or ""


def _written(default: object) -> str:
    return default if default and isinstance(default, str) else json.dumps(default)


if __name__ == "__main__":
    sys.exit(main())
