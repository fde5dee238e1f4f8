"""Where a value came from, and how that is shown to its user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Origin:
    """The place that gave a value: a default, a file, an environment variable or an option.

    `name` is what the user would type or see: a path relative to the working directory when it is below it
    and absolute otherwise, the name of a variable, a flag, or `default`.
    `line` and `column` count from 1 and are None unless a file was read that far.
    """

    kind: Literal["default", "file", "variable", "option"]
    name: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """`config.yaml:4:9`, `MARTY_HTTP__PORT`, `--port` or `default`."""
        if self.line is None:
            return self.name
        return f"{self.name}:{self.line}:{self.column}"


DEFAULT = Origin("default", "default")


def shown(word: str) -> str:
    """A user's own word, made fit for one line of a message: short, and without control characters."""
    limit = 60
    text = word if word.isprintable() else ascii(word)[1:-1]
    return text if len(text) <= limit else text[: limit - 1] + "…"


def dotted(path: tuple[str, ...]) -> str | None:
    """The path of a key as users write it, cut where nobody would read on, or None for the root."""
    limit = 12
    cut = ".…" if len(path) > limit else ""
    return ".".join(shown(part) for part in path[:limit]) + cut if path else None
