"""What can be wrong with settings, told all at once.

    Exception
    └── ConfigError    one or more faults; str() is one line for each
        └── .faults    Fault: an origin, a key, and one sentence

No value enters a message: it may be a secret. Nor is the error of a parser or a validator ever chained to a
`ConfigError`, because those keep the values they read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marty.config._origin import Origin


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where it stands, which key it concerns, what was expected and the remedy.

    `key` is dotted (`http.port`), or None where no key is concerned, as for a file that is missing.
    """

    origin: Origin
    key: str | None
    message: str

    def __str__(self) -> str:
        """`config.yaml:4:9: http.port: expected an integer from 0 to 65535`."""
        return ": ".join(part for part in (str(self.origin), self.key, self.message) if part is not None)


class ConfigError(Exception):
    """The settings cannot be used; `faults` says why, in order of source and then of position."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Take the faults in the order in which they are to be shown."""
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        """One line per fault."""
        return "\n".join(str(fault) for fault in self.faults)
