"""Writes the tables of docs/reference.md from the code, or checks that they are up to date.

    python tools/reference.py           # write
    python tools/reference.py --check   # exit code 1 when writing would change the file

Needs the packages installed. What stands between the markers belongs to this tool, the rest to its author.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

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


def command_help() -> str:
    """What each command says of itself."""
    blocks = []
    for command in ("marty", "marty new", "marty runservice", "marty proto"):
        words = [sys.executable, "-m", "marty.cli", *command.split()[1:], "--help"]
        done = subprocess.run(
            words, capture_output=True, text=True, check=True, env={"COLUMNS": "100", "LC_ALL": "C.UTF-8"}
        )
        text = "\n".join(f"    {line}".rstrip() for line in done.stdout.strip().splitlines())
        blocks.append(f"### `{command}`\n\n{text}")
    return "\n\n".join(blocks)


PARTS: dict[str, Callable[[], str]] = {
    "settings": settings_table,
    "exit codes": exit_codes,
    "commands": command_help,
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
